import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, digestOf } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

const MEBIBYTE = 1024 * 1024;

describe('uploads', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/blobs/manifests');
  });

  afterAll(() => registry.dispose());

  const begin = async () => {
    const session = await expectStatus(202, client.request('blobs/uploads/', { method: 'POST' }));
    return session.headers.get('location');
  };
  const withDigest = (location: string | null, digest: string) =>
    `${location}?digest=${encodeURIComponent(digest)}`;
  const readBack = async (digest: string) =>
    Buffer.from(await (await expectStatus(200, client.request(`blobs/${digest}`))).arrayBuffer());

  it('takes a blob by POST and one PUT, small as a row and large as a file', async () => {
    for (const size of [0, 1, 16 * 1024, 16 * 1024 + 1, 3 * MEBIBYTE + 7]) {
      const blob = content('', Buffer.alloc(size, 'h'));
      await client.pushBlob(blob);
      expect(digestOf(await readBack(blob.digest))).toBe(blob.digest);
    }
  });

  it('takes a blob in one POST', async () => {
    const blob = content('', 'all at once');
    const answer = await expectStatus(
      201,
      client.request(`blobs/uploads/?digest=${blob.digest}`, { method: 'POST', body: 'all at once' }),
    );
    expect(answer.headers.get('docker-content-digest')).toBe(blob.digest);
    expect((await client.at(answer.headers.get('location'))).status).toBe(200);
  });

  it('takes chunks in order, says what it has, and refuses one that does not follow', async () => {
    const location = await begin();
    const chunk = (range: string, body: string) =>
      client.at(location, { method: 'PATCH', body, headers: { 'Content-Range': range } });

    expect((await expectStatus(202, chunk('0-4', 'hello'))).headers.get('range')).toBe('0-4');
    await expectStatus(416, chunk('9-13', 'world'));
    const status = await expectStatus(204, client.at(location));
    expect(status.headers.get('range')).toBe('0-4');
    await expectStatus(202, chunk('5-10', ' world'));

    const digest = digestOf(Buffer.from('hello world'));
    await expectStatus(201, client.at(withDigest(location, digest), { method: 'PUT' }));
    await expect(readBack(digest)).resolves.toEqual(Buffer.from('hello world'));
  });

  it('takes a stream of unknown length', async () => {
    const location = await begin();
    const pieces = ['one ', 'two ', 'three'];
    const body = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(Buffer.from(piece));
        controller.close();
      },
    });
    await expectStatus(202, client.at(location, { method: 'PATCH', body, duplex: 'half' }));
    const digest = digestOf(Buffer.from(pieces.join('')));
    await expectStatus(201, client.at(withDigest(location, digest), { method: 'PUT' }));
  });

  it('refuses bytes that are not what the digest names', async () => {
    const location = await begin();
    const wrong = digestOf(Buffer.from('other'));
    const answer = await expectStatus(
      400,
      client.at(withDigest(location, wrong), { method: 'PUT', body: 'this' }),
    );
    await expect(answer.json()).resolves.toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
    expect((await client.request(`blobs/${wrong}`)).status).toBe(404);
  });

  it('forgets a cancelled upload', async () => {
    const location = await begin();
    await expectStatus(204, client.at(location, { method: 'DELETE' }));
    const answer = await expectStatus(404, client.at(location));
    await expect(answer.json()).resolves.toMatchObject({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] });
  });

  it('goes on with an upload after a restart', async () => {
    const location = await begin();
    const half = 'x'.repeat(2 * MEBIBYTE);
    await expectStatus(202, client.at(location, { method: 'PATCH', body: half }));
    await registry.kill();
    await registry.start();
    const status = await expectStatus(204, client.at(location));
    expect(status.headers.get('range')).toBe(`0-${half.length - 1}`);
    await expectStatus(202, client.at(location, { method: 'PATCH', body: half }));
    const digest = digestOf(Buffer.from(half + half));
    await expectStatus(201, client.at(withDigest(location, digest), { method: 'PUT' }));
  });

  it('mounts a blob of another repository, and opens a session when there is none', async () => {
    const blob = content('', 'to be mounted');
    await client.pushBlob(blob);
    const other = new RegistryClient(registry.url, 'other');
    const mount = (digest: string, from: string) =>
      other.request(`blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`, { method: 'POST' });

    expect((await other.request(`blobs/${blob.digest}`)).status).toBe(404);
    await expectStatus(202, mount(digestOf(Buffer.from('unknown')), client.repository));
    await expectStatus(201, mount(blob.digest, client.repository));
    expect((await other.request(`blobs/${blob.digest}`)).status).toBe(200);
  });
});

describe('blobs', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  const blob = content('', Buffer.from('0123456789'));

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'ranges');
    await client.pushBlob(blob);
  });

  afterAll(() => registry.dispose());

  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=0-1', 200, '0123456789', null],
  ])('answers Range %s with %i', async (range, status, body, contentRange) => {
    const answer = await client.request(`blobs/${blob.digest}`, { headers: { Range: range } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    await expect(answer.text()).resolves.toBe(body);
  });

  it('answers HEAD with length and digest and no body', async () => {
    const answer = await client.request(`blobs/${blob.digest}`, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe('10');
    expect(answer.headers.get('docker-content-digest')).toBe(blob.digest);
    await expect(answer.text()).resolves.toBe('');
  });

  it('answers 304 to a client that has it', async () => {
    const answer = await client.request(`blobs/${blob.digest}`, {
      headers: { 'If-None-Match': `"${blob.digest}"` },
    });
    expect(answer.status).toBe(304);
  });
});
