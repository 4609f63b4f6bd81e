import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { bytesOf, closing, fresh, onWire, openUpload, refusal } from './wire.js';

/** OCI distribution-spec, "Pushing Blobs". */
describe('pushing blobs', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.up();
    registry = await new RegistryProcess({ endpoints: [{ name: 'hook', url: receiver.url }] }).start();
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterAll(async () => {
    await registry.dispose();
    await receiver.down();
  });

  const absolute = (location: string) => new URL(location, registry.url).href;
  const status = async (location: string) =>
    (await expectStatus(204, client.at(location))).headers.get('range');
  /** Sends 150,000 bytes of what was announced, and goes away. */
  const breakOff = (method: string, location: string, bytes: Buffer) => {
    const { hostname, port, pathname, search } = new URL(location, registry.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    );
    socket.end(bytes.subarray(0, 150_000));
  };
  const expectPullable = async (location: string | null, bytes: Buffer) => {
    const answer = await expectStatus(200, client.at(location));
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(await bytesOf(answer)).toEqual(bytes);
  };

  it.each(['blobs/uploads/', 'blobs/uploads'])('POST %s opens a session', async (path) => {
    const answer = await expectStatus(202, client.request(path, { method: 'POST' }));
    const location = answer.headers.get('location') ?? '';
    expect(location).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/[0-9a-f-]{36}$/);
    expect(answer.headers.get('docker-upload-uuid')).toBe(location.split('/').at(-1));
    expect(answer.headers.get('range')).toBe('0-0');
    expect(answer.headers.get('oci-chunk-min-length')).toBe('1');
    expect(answer.headers.get('content-length')).toBe('0');
    await expect(status(location)).resolves.toBe('0-0');
  });

  it('takes a POST of type application/json without a body', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '0' };
    const answer = await onWire(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST', headers });
    expect(answer.status).toBe(202);
  });

  it('takes POST and PUT, and gives a Location that can be pulled', async () => {
    const blob = fresh(50_000);
    const body = new Uint8Array(blob.bytes);
    const answer = await expectStatus(
      201,
      client.at(closing(await openUpload(client), blob.digest), { method: 'PUT', body }),
    );
    expect(answer.headers.get('docker-content-digest')).toBe(blob.digest);
    await expectPullable(answer.headers.get('location'), blob.bytes);
  });

  it('takes a single POST, of known length and of unknown', async () => {
    for (const [header, value] of [
      ['Content-Length', '40'],
      ['Transfer-Encoding', 'chunked'],
    ] as const) {
      const blob = fresh(40);
      const url = `${registry.url}/v2/team/app/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`;
      const answer = await onWire(url, {
        method: 'POST',
        headers: { [header]: value },
        pieces: [blob.bytes],
      });
      expect(answer.status).toBe(201);
      await expectPullable(answer.headers.location ?? '', blob.bytes);
    }
  });

  it('refuses a single POST that is not what its digest names, and leaves no session behind', async () => {
    const { digest } = fresh();
    const request = client.request(`blobs/uploads/?digest=${digest}`, {
      method: 'POST',
      body: 'something else',
    });
    await expect(refusal(request)).resolves.toEqual([400, 'DIGEST_INVALID']);
    await expectStatus(404, client.request(`blobs/${digest}`));
  });

  it.each([
    'sha256:abc',
    `sha256:${'A'.repeat(64)}`,
    `sha384:${'a'.repeat(96)}`,
    `md5:${'a'.repeat(32)}`,
    'abc',
  ])('refuses the digest %s at each place where one is given', async (digest) => {
    const escaped = encodeURIComponent(digest);
    const location = await openUpload(client);
    for (const request of [
      client.request(`blobs/uploads/?digest=${escaped}`, { method: 'POST', body: 'x' }),
      client.request(`blobs/uploads/?mount=${escaped}&from=team/app`, { method: 'POST' }),
      client.at(closing(location, digest), { method: 'PUT', body: 'x' }),
      client.request(`blobs/${escaped}`),
    ]) {
      await expect(refusal(request)).resolves.toEqual([400, 'DIGEST_INVALID']);
    }
    await expect(status(location)).resolves.toBe('0-0');
  });

  it('refuses to close without a digest or with two', async () => {
    const location = await openUpload(client);
    await expect(refusal(client.at(location, { method: 'PUT' }))).resolves.toEqual([400, 'DIGEST_INVALID']);
    const { digest } = fresh();
    const twice = client.at(`${location}?digest=${digest}&digest=${digest}`, { method: 'PUT' });
    await expectStatus(400, twice);
  });

  it('takes chunks, says what it has, and refuses those out of order on PATCH and on PUT', async () => {
    const { bytes, digest } = fresh(30);
    const location = await openUpload(client);
    const send = (method: string, at: string, range: string, from: number, to: number) =>
      client.at(at, {
        method,
        headers: { 'Content-Range': range },
        body: new Uint8Array(bytes.subarray(from, to)),
      });
    const first = await expectStatus(202, send('PATCH', location, '0-9', 0, 10));
    expect(first.headers.get('range')).toBe('0-9');
    const next = first.headers.get('location') ?? '';
    for (const range of ['0-9', '5-14', '20-29', 'bytes 10-19/30', '10', '19-10', '-1-5']) {
      const out = await send('PATCH', next, range, 10, 20);
      expect(out.status).toBe(416);
      expect([out.headers.get('location'), out.headers.get('range')]).toEqual([next, '0-9']);
      await expect(status(next)).resolves.toBe('0-9');
    }
    await expectStatus(202, send('PATCH', next, '10-19', 10, 20));
    // The final chunk comes too early: it leaves a gap.
    await expect(refusal(send('PUT', closing(next, digest), '25-29', 25, 30))).resolves.toEqual([
      416,
      'BLOB_UPLOAD_INVALID',
    ]);
    await expect(status(next)).resolves.toBe('0-19');
    const closed = await expectStatus(201, send('PUT', closing(next, digest), '20-29', 20, 30));
    await expectPullable(closed.headers.get('location'), bytes);
  });

  it('refuses a chunk that is not as long as its range', async () => {
    const location = await openUpload(client);
    const headers = { 'Content-Range': '0-99' };
    const request = client.at(location, { method: 'PATCH', headers, body: 'short' });
    await expect(refusal(request)).resolves.toEqual([400, 'SIZE_INVALID']);
    await expect(status(location)).resolves.toBe('0-0');
  });

  it('refuses such a chunk that came without a length too, and the session goes on where it says', async () => {
    for (const [range, pieces] of [
      ['0-9', ['01234']],
      ['0-3', ['01', '234']],
    ] as const) {
      const location = await openUpload(client);
      const request = { method: 'PATCH', headers: { 'Content-Range': range }, pieces: [...pieces] };
      const refused = await onWire(absolute(location), {
        ...request,
        headers: { ...request.headers, 'Transfer-Encoding': 'chunked' },
      });
      expect(refused.status).toBe(400);
      expect(JSON.parse(refused.body.toString())).toMatchObject({ errors: [{ code: 'SIZE_INVALID' }] });
      await expect(status(location)).resolves.toBe(refused.headers.range);
    }
  });

  it('knows no session to a chunk of one that is not there, whatever its range', async () => {
    const location = `blobs/uploads/${randomUUID()}`;
    for (const range of ['0-4', '5-9', 'bytes 0-4/5']) {
      const headers = { 'Content-Range': range };
      const request = client.request(location, { method: 'PATCH', headers, body: '01234' });
      await expect(refusal(request)).resolves.toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    }
  });

  it('takes a stream without length and range, and the empty blob', async () => {
    const { bytes, digest } = fresh(300_000);
    const location = await openUpload(client);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000)];
    const answer = await onWire(absolute(location), { method: 'PATCH', pieces });
    expect([answer.status, answer.headers.range]).toEqual([202, '0-299999']);
    await expectStatus(201, client.at(closing(location, digest), { method: 'PUT' }));

    const empty = digestOf(Buffer.alloc(0));
    const url = absolute(closing(await openUpload(client), empty));
    const headers = { 'Transfer-Encoding': 'chunked' };
    const closed = await onWire(url, { method: 'PUT', headers });
    expect(closed.status).toBe(201);
    await expectPullable(closed.headers.location ?? '', Buffer.alloc(0));
  });

  it('keeps exactly what was written of a PATCH whose client went away', async () => {
    const { bytes, digest } = fresh(400_000);
    const location = await openUpload(client);
    breakOff('PATCH', location, bytes);
    await expect.poll(() => status(location)).toBe('0-149999');
    const headers = { 'Content-Range': '150000-399999' };
    const rest = new Uint8Array(bytes.subarray(150_000));
    const closed = await expectStatus(
      201,
      client.at(closing(location, digest), { method: 'PUT', headers, body: rest }),
    );
    await expectPullable(closed.headers.get('location'), bytes);
  });

  it('tells a client whose closing PUT broke off, and who sends all of it again, where to go on', async () => {
    const { bytes, digest } = fresh(400_000);
    const location = await openUpload(client);
    breakOff('PUT', closing(location, digest), bytes);
    await expect.poll(() => status(location)).not.toBe('0-0');
    const range = await status(location);
    const put = (body: Uint8Array, headers: Record<string, string>) =>
      client.at(closing(location, digest), { method: 'PUT', headers, body: new Uint8Array(body) });
    for (const [headers, wanted] of [
      [{}, [400, 'DIGEST_INVALID']],
      [{ 'Content-Range': '0-399999' }, [416, 'BLOB_UPLOAD_INVALID']],
    ] as const) {
      const again = await put(bytes, headers);
      expect([again.headers.get('location'), again.headers.get('range')]).toEqual([location, range]);
      await expect(refusal(Promise.resolve(again))).resolves.toEqual(wanted);
      await expect(status(location)).resolves.toBe(range);
    }
    const stored = Number(range?.split('-')[1]) + 1;
    const rest = put(bytes.subarray(stored), { 'Content-Range': `${stored}-399999` });
    await expectPullable((await expectStatus(201, rest)).headers.get('location'), bytes);
  });

  it('takes a closing PUT that was damaged on its way when it comes again whole', async () => {
    const { bytes, digest } = fresh(100_000);
    const location = closing(await openUpload(client), digest);
    const damaged = new Uint8Array(bytes).fill(0, 70_000, 70_100);
    const refused = client.at(location, { method: 'PUT', body: damaged });
    await expect(refusal(refused)).resolves.toEqual([400, 'DIGEST_INVALID']);
    const again = client.at(location, { method: 'PUT', body: new Uint8Array(bytes) });
    await expectPullable((await expectStatus(201, again)).headers.get('location'), bytes);
  });

  it('cancels, and then knows nothing of the session', async () => {
    const location = await openUpload(client);
    await expectStatus(204, client.at(location, { method: 'DELETE' }));
    const { digest } = fresh();
    for (const request of [
      client.at(location),
      client.at(location, { method: 'PATCH', body: 'x' }),
      client.at(closing(location, digest), { method: 'PUT', body: 'x' }),
      client.at(location, { method: 'DELETE' }),
    ]) {
      await expect(refusal(request)).resolves.toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    }
    const other = new RegistryClient(registry.url, 'other');
    const foreign = (await openUpload(client)).replace('/team/app/', '/other/');
    await expect(refusal(other.at(foreign))).resolves.toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  it('answers a second PUT with the same digest like the first, and tells it once', async () => {
    const blob = fresh();
    const url = closing(await openUpload(client), blob.digest);
    const put = (body?: Uint8Array<ArrayBuffer>) => client.at(url, { method: 'PUT', ...(body && { body }) });
    const first = await expectStatus(201, put(new Uint8Array(blob.bytes)));
    for (const body of [undefined, new Uint8Array(blob.bytes)]) {
      const again = await expectStatus(201, put(body));
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      expect(again.headers.get('docker-content-digest')).toBe(blob.digest);
    }
    const other = client.at(closing(url.split('?', 1)[0] ?? '', fresh().digest), { method: 'PUT' });
    await expect(refusal(other)).resolves.toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    const marker = fresh();
    await client.pushBlob(marker);
    await receiver.until((events) => events.some(({ target }) => target.digest === marker.digest));
    expect(receiver.events.filter(({ target }) => target.digest === blob.digest)).toHaveLength(1);
  });

  describe('mounting', () => {
    const mount = (into: string, query: string) =>
      new RegistryClient(registry.url, into).request(`blobs/uploads/?${query}`, { method: 'POST' });

    it.each([
      ['from a repository', (digest: string) => `mount=${encodeURIComponent(digest)}&from=team%2Fapp`],
      ['from wherever it is', (digest: string) => `mount=${encodeURIComponent(digest)}`],
      [
        'with parameters of the client’s own',
        (digest: string) => `from=team/app&mount=${digest}&origin=x.test`,
      ],
    ])('is done %s', async (_, query) => {
      const blob = fresh();
      await client.pushBlob(blob);
      const answer = await expectStatus(201, mount('mounted/here', query(blob.digest)));
      expect(answer.headers.get('docker-content-digest')).toBe(blob.digest);
      expect(answer.headers.get('location')).toBe(`/v2/mounted/here/blobs/${blob.digest}`);
      await expectPullable(answer.headers.get('location'), blob.bytes);
    });

    it('opens a session when there is nothing to mount', async () => {
      const blob = fresh();
      for (const query of ['&from=team/app', '&from=nowhere', '&from=Not%20A%20Name', '&from=', '']) {
        const answer = await expectStatus(202, mount('mounted/there', `mount=${blob.digest}${query}`));
        const location = answer.headers.get('location') ?? '';
        await expectStatus(204, client.at(location, { method: 'DELETE' }));
      }
    });
  });
});
