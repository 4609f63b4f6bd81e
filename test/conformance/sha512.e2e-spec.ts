import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, descriptor, OCI_INDEX } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { bytesOf, closing, fresh, manifestOf, openUpload, refusal, sha512Of } from './wire.js';

describe('contents that are named by sha512', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterAll(() => registry.dispose());

  const push = async (bytes: Buffer, query = '') => {
    const location = await openUpload(client, query);
    await expectStatus(202, client.at(location, { method: 'PATCH', body: new Uint8Array(bytes) }));
    return expectStatus(201, client.at(closing(location, sha512Of(bytes)), { method: 'PUT' }));
  };

  it.each([
    ['announced', 100, '?digest-algorithm=sha512'],
    ['announced', 100_000, '?digest-algorithm=sha512'],
    ['not announced', 100, ''],
    ['not announced', 100_000, ''],
  ])('are served under both names (%s, %i bytes)', async (_, sizeBytes, query) => {
    const { bytes, digest } = fresh(sizeBytes);
    const pushed = await push(bytes, query);
    expect(pushed.headers.get('docker-content-digest')).toBe(sha512Of(bytes));
    expect(pushed.headers.get('location')).toBe(`/v2/team/app/blobs/${sha512Of(bytes)}`);
    for (const name of [sha512Of(bytes), digest]) {
      const answer = await expectStatus(200, client.request(`blobs/${name}`));
      expect(answer.headers.get('docker-content-digest')).toBe(name);
      expect(await bytesOf(answer)).toEqual(bytes);
      const head = await expectStatus(200, client.request(`blobs/${name}`, { method: 'HEAD' }));
      expect(head.headers.get('docker-content-digest')).toBe(name);
      const part = await client.request(`blobs/${name}`, { headers: { Range: 'bytes=1-2' } });
      expect(await bytesOf(part)).toEqual(bytes.subarray(1, 3));
    }
  });

  it('are uploaded by a single POST, after a restart of the program, and refused when they are not it', async () => {
    const { bytes } = fresh();
    const name = encodeURIComponent(sha512Of(bytes));
    const single = client.request(`blobs/uploads/?digest=${name}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
    });
    await expectStatus(201, single);
    const location = await openUpload(client, '?digest-algorithm=sha512');
    await expectStatus(202, client.at(location, { method: 'PATCH', body: 'half' }));
    await registry.kill();
    await registry.start();
    const wrong = client.at(closing(location, sha512Of(bytes)), { method: 'PUT' });
    await expect(refusal(wrong)).resolves.toEqual([400, 'DIGEST_INVALID']);
    const right = sha512Of(Buffer.from('half way'));
    await expectStatus(201, client.at(closing(location, right), { method: 'PUT', body: ' way' }));
  });

  it('are mounted, and deleted under one name are gone under the other', async () => {
    const { bytes, digest } = fresh();
    await push(bytes);
    const name = sha512Of(bytes);
    const other = new RegistryClient(registry.url, 'other');
    for (const query of [`mount=${encodeURIComponent(name)}`, `mount=${name}&from=team%2Fapp`]) {
      const mounted = await expectStatus(201, other.request(`blobs/uploads/?${query}`, { method: 'POST' }));
      expect(mounted.headers.get('docker-content-digest')).toBe(name);
    }
    await expectStatus(200, other.request(`blobs/${digest}`));
    await expectStatus(202, other.request(`blobs/${name}`, { method: 'DELETE' }));
    for (const gone of [name, digest]) await expectStatus(404, other.request(`blobs/${gone}`));
    await expectStatus(200, client.request(`blobs/${name}`));
  });

  it('are what manifests refer to, and what their own tags name from then on', async () => {
    const config = fresh();
    await push(config.bytes);
    const image = manifestOf({ ...config, digest: sha512Of(config.bytes) });
    const name = sha512Of(image.bytes);
    await client.pushManifest(image, `${name}?tag=strong`);
    const tagged = await expectStatus(200, client.request('manifests/strong', { method: 'HEAD' }));
    expect(tagged.headers.get('docker-content-digest')).toBe(name);
    const index = content(
      OCI_INDEX,
      JSON.stringify({ schemaVersion: 2, manifests: [descriptor({ ...image, digest: name })] }),
    );
    await client.pushManifest(index, 'index');
    const referrer = manifestOf(
      { ...config, digest: sha512Of(config.bytes) },
      {
        subject: descriptor({ ...image, digest: name }),
      },
    );
    const pushed = await client.pushManifest(referrer, sha512Of(referrer.bytes));
    expect(pushed.headers.get('oci-subject')).toBe(name);
    const listed = await expectStatus(200, client.request(`referrers/${name}`));
    await expect(listed.json()).resolves.toMatchObject({ manifests: [{ digest: sha512Of(referrer.bytes) }] });
    await expectStatus(202, client.request(`manifests/${name}`, { method: 'DELETE' }));
    for (const gone of [name, 'strong']) await expectStatus(404, client.request(`manifests/${gone}`));
  });

  it('are refused by algorithms that nobody computes, before anything is uploaded', async () => {
    const request = client.request('blobs/uploads/?digest-algorithm=sha384', { method: 'POST' });
    await expect(refusal(request)).resolves.toEqual([400, 'DIGEST_INVALID']);
  });
});
