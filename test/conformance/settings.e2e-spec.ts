import { afterEach, describe, expect, it } from 'vitest';
import {
  content,
  descriptor,
  image,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  type Content,
} from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess, type RegistrySettings } from '../support/registry-process.js';
import { fresh, manifestOf, onWire, openUpload, pushedConfig, refusal } from './wire.js';

describe('settings of the distribution API', () => {
  let registry: RegistryProcess | undefined;

  afterEach(() => registry?.dispose());

  const start = async (settings: RegistrySettings) => {
    registry = await new RegistryProcess(settings).start();
    return new RegistryClient(registry.url, 'team/app');
  };

  it('storage.maintenance.readonly lets everything be read, and refuses every change with 405', async () => {
    const storage: Record<string, unknown> = {};
    const client = await start({ storage });
    const app = image('app');
    await client.pushImage(app, 'latest');
    const upload = await openUpload(client);
    await registry?.stop();
    storage['maintenance'] = { readonly: { enabled: true } };
    await registry?.start();

    const { digest } = app.manifest;
    const [blob] = app.blobs;
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['POST', `blobs/uploads/?mount=${blob?.digest}`],
      ['PATCH', upload.replace('/v2/team/app/', '')],
      ['PUT', `${upload.replace('/v2/team/app/', '')}?digest=${digest}`],
      ['DELETE', upload.replace('/v2/team/app/', '')],
      ['PUT', 'manifests/latest'],
      ['DELETE', 'manifests/latest'],
      ['DELETE', `manifests/${digest}`],
      ['DELETE', `blobs/${blob?.digest}`],
    ] as const) {
      await expect(refusal(client.request(path, { method }))).resolves.toEqual([405, 'UNSUPPORTED']);
    }
    for (const path of ['manifests/latest', `blobs/${blob?.digest}`, 'tags/list', `referrers/${digest}`]) {
      await expectStatus(200, client.request(path));
    }
    await expectStatus(204, client.at(upload));
  });

  it('validation.manifests lets references be missing: all of them, or those of other platforms', async () => {
    const missing = { ...descriptor(fresh()), mediaType: OCI_LAYER };
    const child = (architecture: string) => ({
      ...descriptor(fresh()),
      mediaType: OCI_MANIFEST,
      platform: { architecture, os: 'linux' },
    });
    const indexOf = (...manifests: unknown[]) =>
      content(OCI_INDEX, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const put = (client: RegistryClient, { mediaType, bytes }: ReturnType<typeof indexOf>) =>
      client.request('manifests/sparse', {
        method: 'PUT',
        headers: { 'Content-Type': mediaType },
        body: new Uint8Array(bytes),
      });

    const relaxed = await start({
      sections: { validation: { manifests: { blobs: 'none', indexes: { platforms: 'none' } } } },
    });
    await expectStatus(201, put(relaxed, indexOf(child('amd64'), child('arm64'))));
    await expectStatus(201, put(relaxed, manifestOf(content(OCI_LAYER, 'nowhere'), { layers: [missing] })));
    await registry?.dispose();

    const platformlist = [{ architecture: 'amd64', os: 'linux' }];
    const urls = { allow: ['^https://layers\\.test/'] };
    const indexes = { platforms: 'list', platformlist };
    const chosen = await start({ sections: { validation: { manifests: { urls, indexes } } } });
    await expectStatus(201, put(chosen, indexOf(child('arm64'), child('s390x'))));
    await expect(refusal(put(chosen, indexOf(child('amd64'))))).resolves.toEqual([
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    const foreign = (url: string) => ({
      ...missing,
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      urls: [url],
    });
    const config = await pushedConfig(chosen);
    await expectStatus(201, put(chosen, manifestOf(config, { layers: [foreign('https://layers.test/a')] })));
    const elsewhere = put(chosen, manifestOf(config, { layers: [foreign('https://evil.test/a')] }));
    await expect(refusal(elsewhere)).resolves.toEqual([400, 'MANIFEST_INVALID']);
  });

  it('validation.disabled lets children be missing and layers lie anywhere, but no blob of an image be missing, and the start says so', async () => {
    const manifests = { urls: { allow: ['^https://layers\\.test/'] }, indexes: { platforms: 'all' } };
    const client = await start({ sections: { validation: { disabled: true, manifests } } });
    expect(registry?.output).toMatch(/Warning +validation\.disabled: /);
    const put = ({ mediaType, bytes }: Content) =>
      client.request('manifests/unchecked', {
        method: 'PUT',
        headers: { 'Content-Type': mediaType },
        body: new Uint8Array(bytes),
      });
    const child = { ...descriptor(fresh()), mediaType: OCI_MANIFEST };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] };
    await expectStatus(201, put(content(OCI_INDEX, JSON.stringify(index))));
    const config = await pushedConfig(client);
    const missing = descriptor(fresh());
    const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
    const elsewhere = { ...missing, mediaType, urls: ['https://elsewhere.test/a'] };
    await expectStatus(201, put(manifestOf(config, { layers: [elsewhere] })));
    const sparse = put(manifestOf(config, { layers: [{ ...missing, mediaType: OCI_LAYER }] }));
    await expect(refusal(sparse)).resolves.toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  it('http.prefix stands before every path, and in Location and Link; http.headers are on every answer', async () => {
    await start({ http: { prefix: '/registry/', headers: { 'X-One': ['a'], 'X-Two': ['b', 'c'] } } });
    const client = new RegistryClient(`${registry?.url}/registry`, 'team/app');
    const answer = await expectStatus(202, client.request('blobs/uploads/', { method: 'POST' }));
    expect(answer.headers.get('location')).toMatch(/^\/registry\/v2\/team\/app\/blobs\/uploads\//);
    const config = content(OCI_MANIFEST, '{}');
    const pushed = await client.request(`blobs/uploads/?digest=${config.digest}`, {
      method: 'POST',
      body: '{}',
    });
    expect(pushed.headers.get('location')).toBe(`/registry/v2/team/app/blobs/${config.digest}`);
    await client.pushManifest(manifestOf(config), 'one');
    await client.pushManifest(manifestOf(config), 'two');
    const listed = await client.request('tags/list?n=1');
    expect(listed.headers.get('link')).toBe('</registry/v2/team/app/tags/list?last=one&n=1>; rel="next"');
    for (const path of ['tags/list', 'manifests/unknown', 'blobs/uploads/']) {
      const { headers } = await client.request(path);
      expect([headers.get('x-one'), headers.get('x-two')]).toEqual(['a', 'b, c']);
    }
    await expectStatus(404, fetch(`${registry?.url}/v2/`));
    const wrong = await onWire(`${registry?.url}/registry/v2/team/app/tags/list`, { method: 'PUT' });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    [false, 'https://registry.test/v2/team/app/blobs/uploads/'],
    [true, '/v2/team/app/blobs/uploads/'],
  ])('http.host makes Locations absolute unless http.relativeurls is %s', async (relativeurls, beginning) => {
    const client = await start({ http: { host: 'https://registry.test', relativeurls } });
    const answer = await client.request('blobs/uploads/', { method: 'POST' });
    expect(answer.headers.get('location')?.startsWith(beginning)).toBe(true);
  });

  it('storage.maintenance.uploadpurging removes uploads that nobody goes on with', async () => {
    const maintenance = { uploadpurging: { age: '1s', interval: '100ms' } };
    const client = await start({ storage: { maintenance } });
    const upload = await openUpload(client);
    await expectStatus(202, client.at(upload, { method: 'PATCH', body: 'abandoned' }));
    const status = async () => (await client.at(upload)).status;
    await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe(404);
  });
});
