import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, image, OCI_MANIFEST } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { bytesOf, fresh, onWire, openUpload, refusal } from './wire.js';

/** OCI distribution-spec, "Pull". */
describe('pulling', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  const app = image('app');
  const large = fresh(100_000);

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/blobs/uploads/manifests');
    await client.pushImage(app, 'latest');
    await client.pushBlob(large);
  });

  afterAll(() => registry.dispose());

  it.each(['/v2/', '/v2'])('%s says that this is a registry', async (path) => {
    const answer = await expectStatus(200, fetch(registry.url + path));
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    const head = await onWire(registry.url + path, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it.each(['one', 'two/parts', 'team/blobs/uploads/manifests'])(
    'answers a path with a slash at its end as without it, in %s too',
    async (name) => {
      const named = new RegistryClient(registry.url, name);
      await named.pushImage(app, 'latest');
      for (const path of [
        'tags/list',
        'manifests/latest',
        `manifests/${app.manifest.digest}`,
        `blobs/${app.blobs[0]?.digest}`,
        `referrers/${app.manifest.digest}`,
        '_oci/ext/discover',
      ]) {
        const [plain, slashed] = [await named.request(path), await named.request(`${path}/`)];
        expect([path, slashed.status, await bytesOf(slashed)]).toEqual([path, 200, await bytesOf(plain)]);
        await expectStatus(200, named.request(`${path}/`, { method: 'HEAD' }));
      }
      const upload = await openUpload(named);
      await expectStatus(204, named.at(`${upload}/`));
      await expectStatus(202, named.at(`${upload}/`, { method: 'PATCH', body: 'x' }));
      await expectStatus(204, named.at(`${upload}/`, { method: 'DELETE' }));
      const page = await named.request('tags/list/?n=0');
      await expect(page.json()).resolves.toMatchObject({ name, tags: [] });
      const pushed = await named.request('manifests/again/', {
        method: 'PUT',
        headers: { 'Content-Type': OCI_MANIFEST },
        body: new Uint8Array(app.manifest.bytes),
      });
      expect([pushed.status, pushed.headers.get('location')]).toEqual([
        201,
        `/v2/${name}/manifests/${app.manifest.digest}`,
      ]);
    },
  );

  it('gives the exact bytes of manifests and blobs, with their digest on GET and HEAD', async () => {
    for (const [path, wanted] of [
      ['manifests/latest', app.manifest],
      [`manifests/${encodeURIComponent(app.manifest.digest)}`, app.manifest],
      [`blobs/${encodeURIComponent(large.digest)}`, large],
    ] as const) {
      const answer = await expectStatus(200, client.request(path));
      expect(await bytesOf(answer)).toEqual(wanted.bytes);
      const head = await onWire(`${registry.url}/v2/${client.repository}/${path}`, { method: 'HEAD' });
      expect(head.body).toHaveLength(0);
      for (const header of ['docker-content-digest', 'content-length', 'content-type', 'etag']) {
        expect(head.headers[header]).toBe(answer.headers.get(header));
      }
      expect(head.headers['docker-content-digest']).toBe(wanted.digest);
      expect(head.headers['content-length']).toBe(String(wanted.bytes.length));
    }
  });

  it('never compresses, whatever is accepted: Content-Length and bytes are the content’s', async () => {
    const headers = { 'Accept-Encoding': 'gzip, br' };
    const answer = await onWire(`${registry.url}/v2/${client.repository}/manifests/latest`, {
      method: 'GET',
      headers,
    });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.body).toEqual(app.manifest.bytes);
  });

  it.each(['*/*', 'application/vnd.docker.distribution.manifest.v2+json', 'text/html;q=0.5'])(
    'gives the type that was pushed, without parameters, to one that accepts %s',
    async (accept) => {
      const answer = await expectStatus(
        200,
        client.request('manifests/latest', { headers: { Accept: accept } }),
      );
      expect(answer.headers.get('content-type')).toBe(OCI_MANIFEST);
    },
  );

  it('answers 404 for what is missing, in a repository and without one, and to HEAD without a body', async () => {
    const nowhere = new RegistryClient(registry.url, 'nowhere');
    const missing = digestOf(Buffer.from('missing'));
    for (const [one, path, code] of [
      [client, 'manifests/missing', 'MANIFEST_UNKNOWN'],
      [client, `manifests/${missing}`, 'MANIFEST_UNKNOWN'],
      [client, `blobs/${missing}`, 'BLOB_UNKNOWN'],
      [nowhere, 'manifests/latest', 'MANIFEST_UNKNOWN'],
      [nowhere, `blobs/${large.digest}`, 'BLOB_UNKNOWN'],
      [nowhere, 'tags/list', 'NAME_UNKNOWN'],
    ] as const) {
      await expect(refusal(one.request(path))).resolves.toEqual([404, code]);
      const head = await onWire(`${registry.url}/v2/${one.repository}/${path}`, { method: 'HEAD' });
      expect([head.status, head.body.length]).toEqual([404, 0]);
    }
  });

  it('does not give a blob as a manifest, nor a manifest as a blob', async () => {
    await expectStatus(404, client.request(`manifests/${large.digest}`));
    await expectStatus(404, client.request(`blobs/${app.manifest.digest}`));
  });

  it.each([
    ['bytes=0-9', 206, [0, 9]],
    ['bytes=99990-', 206, [99_990, 99_999]],
    ['bytes=-10', 206, [99_990, 99_999]],
    ['bytes=50000-999999', 206, [50_000, 99_999]],
    ['bytes=50000-99999999999999999999', 206, [50_000, 99_999]],
  ] as const)('gives the part %s of a blob', async (range, status, [start, end]) => {
    const answer = await expectStatus(
      status,
      client.request(`blobs/${large.digest}`, { headers: { Range: range } }),
    );
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end}/100000`);
    expect(await bytesOf(answer)).toEqual(large.bytes.subarray(start, end + 1));
  });

  it.each(['bytes=100000-', 'bytes=500000-900000', 'bytes=-0', 'bytes=500-0', 'bytes=99999999999999999999-'])(
    'refuses the part %s, which is not there, and says how long the blob is',
    async (range) => {
      const headers = { Range: range };
      const answer = await expectStatus(416, client.request(`blobs/${large.digest}`, { headers }));
      expect(answer.headers.get('content-range')).toBe('bytes */100000');
    },
  );

  it('answers HEAD with the length of the whole, whatever part is named', async () => {
    for (const Range of ['bytes=0-9', 'bytes=100000-']) {
      const url = `${registry.url}/v2/${client.repository}/blobs/${large.digest}`;
      const answer = await onWire(url, { method: 'HEAD', headers: { Range } });
      expect([answer.status, answer.headers['content-length']]).toEqual([200, '100000']);
      expect(answer.headers['content-range']).toBeUndefined();
    }
  });

  it('gives the whole blob once to one that asks for many parts of it', async () => {
    const Range = `bytes=${Array.from({ length: 500 }, () => '0-99999').join(',')}`;
    const answer = await expectStatus(200, client.request(`blobs/${large.digest}`, { headers: { Range } }));
    expect(await bytesOf(answer)).toEqual(large.bytes);
  });

  it('answers 304 to one that has it, and lets blobs be kept for ever', async () => {
    for (const path of ['manifests/latest', `blobs/${large.digest}`]) {
      const etag = (await client.request(path, { method: 'HEAD' })).headers.get('etag') ?? '';
      expect(etag).toMatch(/^"sha256:[0-9a-f]{64}"$/);
      const answer = await client.request(path, { headers: { 'If-None-Match': etag } });
      expect([answer.status, (await bytesOf(answer)).length]).toEqual([304, 0]);
    }
    const blob = await client.request(`blobs/${large.digest}`, { method: 'HEAD' });
    expect(blob.headers.get('cache-control')).toBe('max-age=31536000');
  });

  it('ignores parameters that it does not know, such as the proxy’s ns', async () => {
    await expectStatus(200, client.request('manifests/latest?ns=docker.io&x=1&x=2'));
    await expectStatus(200, client.request(`blobs/${large.digest}?ns=docker.io`));
  });
});
