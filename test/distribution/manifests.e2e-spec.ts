import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, descriptor, image, OCI_INDEX, OCI_MANIFEST } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('manifests', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  const app = image('app');

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(app, 'latest');
  });

  afterAll(() => registry.dispose());

  const errorOf = async (request: Promise<Response>) => {
    const response = await request;
    const { errors } = (await response.json()) as { errors: { code: string }[] };
    return [response.status, errors[0]?.code];
  };
  const put = (reference: string, body: string, type = OCI_MANIFEST) =>
    client.request(`manifests/${reference}`, { method: 'PUT', body, headers: { 'Content-Type': type } });

  it.each(['latest', app.manifest.digest])(
    'serves the exact bytes by %s, whatever is accepted',
    async (reference) => {
      const answer = await expectStatus(
        200,
        client.request(`manifests/${reference}`, { headers: { Accept: 'application/json' } }),
      );
      expect(answer.headers.get('content-type')).toBe(OCI_MANIFEST);
      expect(answer.headers.get('docker-content-digest')).toBe(app.manifest.digest);
      expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(app.manifest.bytes);
    },
  );

  it('answers a push with a relative Location that can be fetched', async () => {
    const answer = await client.pushManifest(app.manifest, 'again');
    expect(answer.headers.get('location')).toBe(`/v2/team/app/manifests/${app.manifest.digest}`);
    await expectStatus(200, client.at(answer.headers.get('location')));
  });

  it('answers HEAD like GET, without the body', async () => {
    const answer = await expectStatus(200, client.request('manifests/latest', { method: 'HEAD' }));
    expect(answer.headers.get('content-length')).toBe(String(app.manifest.bytes.length));
    expect(answer.headers.get('etag')).toBe(`"${app.manifest.digest}"`);
  });

  it('stores an index and its Docker twin under one digest, as each was pushed last', async () => {
    const index = content(
      OCI_INDEX,
      JSON.stringify({ schemaVersion: 2, manifests: [descriptor(app.manifest)] }),
    );
    await client.pushManifest(index, 'multi');
    const answer = await expectStatus(200, client.request(`manifests/${index.digest}`));
    expect(answer.headers.get('content-type')).toBe(OCI_INDEX);
  });

  it('refuses what it cannot keep, in the specification’s codes', async () => {
    const dangling = image('never pushed').manifest;
    await expect(errorOf(put('x', dangling.bytes.toString()))).resolves.toEqual([
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    await expect(errorOf(put('x', 'no json'))).resolves.toEqual([400, 'MANIFEST_INVALID']);
    await expect(errorOf(put('x', '{}', 'text/plain'))).resolves.toEqual([400, 'MANIFEST_INVALID']);
    await expect(errorOf(put('x', ' '.repeat(4 * 1024 * 1024 + 1)))).resolves.toEqual([413, 'SIZE_INVALID']);
    const bytes = app.manifest.bytes.toString();
    await expect(errorOf(put(`sha256:${'0'.repeat(64)}`, bytes))).resolves.toEqual([400, 'DIGEST_INVALID']);
    await expect(errorOf(put('sha256:ABC', bytes))).resolves.toEqual([400, 'DIGEST_INVALID']);
    await expect(errorOf(put('.hidden', bytes))).resolves.toEqual([400, 'MANIFEST_INVALID']);
    await expect(errorOf(client.request('manifests/unknown'))).resolves.toEqual([404, 'MANIFEST_UNKNOWN']);
    const url = `${registry.url}/v2/%2e%2e%2f%2e%2e%2fetc/manifests/latest`;
    await expect(errorOf(fetch(url))).resolves.toEqual([400, 'NAME_INVALID']);
    await expect(errorOf(fetch(`${registry.url}/v2/%zz/manifests/latest`))).resolves.toEqual([
      400,
      'UNSUPPORTED',
    ]);
  });

  it('lists tags in byte order, in pages', async () => {
    const listed = async (query: string) => {
      const answer = await expectStatus(200, client.request(`tags/list${query}`));
      return { body: await answer.json(), link: answer.headers.get('link') };
    };
    await client.pushManifest(app.manifest, 'B');
    const tags = ['B', 'again', 'latest', 'multi'];
    await expect(listed('')).resolves.toEqual({ body: { name: 'team/app', tags }, link: null });
    await expect(listed('?n=2')).resolves.toEqual({
      body: { name: 'team/app', tags: ['B', 'again'] },
      link: '</v2/team/app/tags/list?last=again&n=2>; rel="next"',
    });
    await expect(listed('?n=2&last=again')).resolves.toMatchObject({
      body: { tags: ['latest', 'multi'] },
      link: null,
    });
    await expect(listed('?n=0')).resolves.toMatchObject({ body: { tags: [] }, link: null });
    await expect(errorOf(client.request('tags/list?n=-1'))).resolves.toEqual([400, 'UNSUPPORTED']);
    const unknown = new RegistryClient(registry.url, 'nowhere');
    await expect(errorOf(unknown.request('tags/list'))).resolves.toEqual([404, 'NAME_UNKNOWN']);
  });

  it('deletes a tag alone, and a manifest with every tag that names it', async () => {
    await expectStatus(202, client.request('manifests/B', { method: 'DELETE' }));
    await expectStatus(200, client.request('manifests/latest'));
    await expectStatus(202, client.request(`manifests/${app.manifest.digest}`, { method: 'DELETE' }));
    for (const reference of ['latest', 'again', app.manifest.digest]) {
      await expectStatus(404, client.request(`manifests/${reference}`));
    }
    await expectStatus(404, client.request(`manifests/${app.manifest.digest}`, { method: 'DELETE' }));
  });
});

describe('deletes while storage.delete.enabled is not set', () => {
  it('are refused with 405 for manifests, tags and blobs alike', async () => {
    const registry = await new RegistryProcess({ storage: { delete: { enabled: false } } }).start();
    try {
      const client = new RegistryClient(registry.url, 'team/app');
      const app = image('app');
      await client.pushImage(app, 'latest');
      const [blob] = app.blobs;
      for (const path of ['manifests/latest', `manifests/${app.manifest.digest}`, `blobs/${blob?.digest}`]) {
        await expectStatus(405, client.request(path, { method: 'DELETE' }));
        await expectStatus(200, client.request(path));
      }
    } finally {
      await registry.dispose();
    }
  });
});
