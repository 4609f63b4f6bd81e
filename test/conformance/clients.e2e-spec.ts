import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  content,
  descriptor,
  image,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  type Content,
} from '../support/image.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import {
  bytesOf,
  closing,
  fresh,
  manifestOf,
  onWire,
  openUpload,
  pushedConfig,
  sha512Of,
  type WireRequest,
} from './wire.js';

const DOCKER_ACCEPT = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  OCI_INDEX,
  OCI_MANIFEST,
].join(',');

/** The sequences of requests that the clients of the field send, and what each of them needs of the answers. */
describe('clients', () => {
  let registry: RegistryProcess;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
  });

  afterAll(() => registry.dispose());

  const wire = (path: string, request: WireRequest) =>
    onWire(new URL(path, registry.url).href, {
      ...request,
      headers: { 'Accept-Encoding': 'gzip', ...request.headers },
    });
  const send = async (
    status: number,
    method: string,
    path: string,
    request: Omit<WireRequest, 'method'> = {},
  ) => {
    const answer = await wire(path, { ...request, method });
    expect([method, path, answer.status]).toEqual([method, path, status]);
    return answer;
  };
  const escaped = encodeURIComponent;
  const putManifest = (
    status: number,
    repository: string,
    reference: string,
    { mediaType, bytes }: Content,
  ) =>
    send(status, 'PUT', `/v2/${repository}/manifests/${reference}`, {
      headers: { 'Content-Type': mediaType, 'Transfer-Encoding': 'chunked' },
      pieces: [bytes],
    });

  it('docker: HEADs, mounts that fail, one PATCH of unknown length, PUT by the parsed Range', async () => {
    const app = image('docker');
    await send(200, 'GET', '/v2/', { headers: { 'User-Agent': 'docker/28.0.0 go/go1.24' } });
    for (const blob of app.blobs) {
      await send(404, 'HEAD', `/v2/docker/app/blobs/${blob.digest}`);
      const refused = await send(
        202,
        'POST',
        `/v2/docker/app/blobs/uploads/?from=docker%2Fbase&mount=${escaped(blob.digest)}`,
      );
      await send(204, 'DELETE', refused.headers.location ?? '');
      const opened = await send(202, 'POST', '/v2/docker/app/blobs/uploads/');
      const location = opened.headers.location ?? '';
      expect(opened.headers['docker-upload-uuid']).toBe(location.split('?')[0]?.split('/').at(-1));
      const half = Math.floor(blob.bytes.length / 2);
      const pieces = [blob.bytes.subarray(0, half), blob.bytes.subarray(half)];
      const patched = await send(202, 'PATCH', location, { pieces });
      expect(patched.headers.range).toBe(`0-${blob.bytes.length - 1}`);
      await send(201, 'PUT', closing(patched.headers.location ?? '', blob.digest));
      await send(200, 'HEAD', `/v2/docker/app/blobs/${blob.digest}`);
    }
    const pushed = await putManifest(201, 'docker/app', 'latest', app.manifest);
    expect(pushed.headers['docker-content-digest']).toBe(app.manifest.digest);
    const pulled = await send(200, 'GET', '/v2/docker/app/manifests/latest', {
      headers: { Accept: DOCKER_ACCEPT },
    });
    expect(pulled.headers['docker-distribution-api-version']).toBe('registry/2.0');
    expect(pulled.body).toEqual(app.manifest.bytes);
  });

  it('containerd: HEAD by tag, one PUT with the whole layer, digests on every answer', async () => {
    const layer = { ...fresh(3_000_000), mediaType: OCI_LAYER };
    const config = content(OCI_CONFIG, '{"os":"linux","client":"containerd"}');
    const manifest = manifestOf(config, { layers: [descriptor(layer)] });
    await send(404, 'HEAD', '/v2/containerd/app/manifests/latest', { headers: { Accept: DOCKER_ACCEPT } });
    for (const blob of [config, layer]) {
      await send(404, 'HEAD', `/v2/containerd/app/blobs/${blob.digest}`);
      const opened = await send(202, 'POST', '/v2/containerd/app/blobs/uploads/');
      const put = await send(201, 'PUT', closing(opened.headers.location ?? '', blob.digest), {
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(blob.bytes.length) },
        pieces: [blob.bytes],
      });
      expect(put.headers['docker-content-digest']).toBe(blob.digest);
    }
    const pushed = await putManifest(201, 'containerd/app', 'latest', manifest);
    expect(pushed.headers['docker-content-digest']).toBe(manifest.digest);
    const resolved = await send(200, 'HEAD', '/v2/containerd/app/manifests/latest');
    expect(resolved.headers['docker-content-digest']).toBe(manifest.digest);
    expect(resolved.headers['content-length']).toBe(String(manifest.bytes.length));
    expect((await send(200, 'GET', `/v2/containerd/app/blobs/${layer.digest}`)).body).toEqual(layer.bytes);
  });

  it('buildkit: a cache is an index of layers and of a blob that is no manifest', async () => {
    const client = new RegistryClient(registry.url, 'buildkit/cache');
    const layer = { ...fresh(2_000), mediaType: OCI_LAYER };
    const cache = content('application/vnd.buildkit.cacheconfig.v0', '{"layers":[],"records":[]}');
    for (const blob of [layer, cache]) await client.pushBlob(blob);
    const index = content(
      OCI_INDEX,
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [descriptor(layer), descriptor(cache)],
      }),
    );
    await putManifest(201, 'buildkit/cache', 'main', index);
    expect((await send(200, 'GET', '/v2/buildkit/cache/manifests/main')).body).toEqual(index.bytes);
    for (const { digest, bytes } of [layer, cache]) {
      expect((await send(200, 'GET', `/v2/buildkit/cache/blobs/${digest}`)).body).toEqual(bytes);
    }
  });

  it('skopeo and podman: a request header of the API version, mounts by memory, delete by digest', async () => {
    const client = new RegistryClient(registry.url, 'skopeo/base');
    const app = image('skopeo');
    await client.pushImage(app, 'v1');
    const headers = { 'Docker-Distribution-API-Version': 'registry/2.0' };
    await send(200, 'GET', '/v2/', { headers });
    for (const { digest } of app.blobs) {
      await send(404, 'HEAD', `/v2/skopeo/copy/blobs/${digest}`, { headers });
      await send(200, 'HEAD', `/v2/skopeo/base/blobs/${digest}`, { headers });
      const query = `from=skopeo%2Fbase&mount=${escaped(digest)}`;
      const mounted = await send(201, 'POST', `/v2/skopeo/copy/blobs/uploads/?${query}`, { headers });
      await send(200, 'GET', mounted.headers.location ?? '');
    }
    const unknown = await send(
      202,
      'POST',
      `/v2/skopeo/copy/blobs/uploads/?mount=${fresh().digest}&from=skopeo/base`,
    );
    await send(204, 'DELETE', unknown.headers.location ?? '');
    await putManifest(201, 'skopeo/copy', 'v1', app.manifest);
    const found = await send(200, 'GET', '/v2/skopeo/copy/manifests/v1');
    await send(202, 'DELETE', `/v2/skopeo/copy/manifests/${String(found.headers['docker-content-digest'])}`);
    await send(404, 'GET', '/v2/skopeo/copy/manifests/v1');
  });

  it('crane: JSON on a POST without a body, escaped digests, PATCH without a range, mounts with an origin', async () => {
    const app = image('crane');
    await send(404, 'HEAD', '/v2/crane/app/manifests/v1', { headers: { Accept: DOCKER_ACCEPT } });
    await Promise.all(
      app.blobs.map(({ digest }) => send(404, 'HEAD', `/v2/crane/app/blobs/${escaped(digest)}`)),
    );
    await Promise.all(
      app.blobs.map(async ({ digest, bytes }) => {
        const headers = { 'Content-Type': 'application/json', 'Content-Length': '0' };
        const opened = await send(202, 'POST', '/v2/crane/app/blobs/uploads/', { headers });
        const length = { 'Content-Length': String(bytes.length) };
        const patched = await send(202, 'PATCH', opened.headers.location ?? '', {
          headers: length,
          pieces: [bytes],
        });
        await send(201, 'PUT', closing(patched.headers.location ?? '', digest));
      }),
    );
    await putManifest(201, 'crane/app', 'v1', app.manifest);
    const [blob] = app.blobs;
    const query = `from=crane%2Fapp&mount=${escaped(blob?.digest ?? '')}&origin=gcr.test`;
    await send(201, 'POST', `/v2/crane/copy/blobs/uploads/?${query}`);
    const tags = await send(200, 'GET', '/v2/crane/app/tags/list?n=1000');
    expect(JSON.parse(tags.body.toString())).toEqual({ name: 'crane/app', tags: ['v1'] });
    await send(200, 'GET', '/v2/_catalog?n=1000');
    const paged = await send(200, 'GET', '/v2/_catalog?n=1');
    expect(paged.headers.link).toMatch(/^<\/v2\/_catalog\?[^>]+>; rel="next"$/);
  });

  it('oras: monolithic PUTs, several tags at once, delete by digest, discover', async () => {
    const client = new RegistryClient(registry.url, 'oras/app');
    const app = image('oras');
    for (const blob of app.blobs) {
      await send(404, 'HEAD', `/v2/oras/app/blobs/${blob.digest}`);
      const location = await openUpload(client);
      await send(201, 'PUT', closing(location, blob.digest), { pieces: [blob.bytes] });
    }
    const tags = ['v1', 'v1.2', 'latest', 'stable'];
    await Promise.all(tags.map((tag) => putManifest(201, 'oras/app', tag, app.manifest)));
    const referrer = manifestOf(await pushedConfig(client), {
      artifactType: 'application/x.oras',
      subject: descriptor(app.manifest),
    });
    const attached = await putManifest(201, 'oras/app', referrer.digest, referrer);
    expect(attached.headers['oci-subject']).toBe(app.manifest.digest);
    const discovered = await send(200, 'GET', `/v2/oras/app/referrers/${app.manifest.digest}`);
    expect(JSON.parse(discovered.body.toString())).toMatchObject({
      manifests: [{ digest: referrer.digest }],
    });
    await send(200, 'GET', '/v2/_catalog');
    const head = await send(200, 'HEAD', '/v2/oras/app/manifests/v1');
    const digest = String(head.headers['docker-content-digest']);
    await send(200, 'GET', `/v2/oras/app/manifests/${digest}`);
    await send(202, 'DELETE', `/v2/oras/app/manifests/${digest}`);
    for (const tag of tags) await send(404, 'HEAD', `/v2/oras/app/manifests/${tag}`);
  });

  it('cosign: an empty configuration, a signature by digest with a subject, listed in the very next request', async () => {
    const client = new RegistryClient(registry.url, 'cosign/app');
    const app = image('cosign');
    await client.pushImage(app, 'v1');
    const empty = content('application/vnd.oci.empty.v1+json', '{}');
    const signature = content('application/vnd.dev.sigstore.bundle.v0.3+json', '{"signature":"…"}');
    for (const blob of [empty, signature]) await client.pushBlob(blob);
    const bundle = manifestOf(empty, {
      artifactType: signature.mediaType,
      layers: [descriptor(signature)],
      subject: descriptor(app.manifest),
    });
    const pushed = await putManifest(201, 'cosign/app', bundle.digest, bundle);
    expect(pushed.headers['oci-subject']).toBe(app.manifest.digest);
    const listed = await send(200, 'GET', `/v2/cosign/app/referrers/${app.manifest.digest}`, {
      headers: { Accept: OCI_INDEX },
    });
    expect(listed.headers['content-type']).toBe(OCI_INDEX);
    expect(JSON.parse(listed.body.toString())).toMatchObject({
      manifests: [{ ...descriptor(bundle), artifactType: signature.mediaType }],
    });
    // Older ones keep signatures under a tag that is made of the digest.
    await putManifest(201, 'cosign/app', `${app.manifest.digest.replace(':', '-')}.sig`, manifestOf(empty));
  });

  it('regctl: anonymous mounts, chunks with ranges, recovery after 416, sha512 with tags, deletes by tag', async () => {
    const client = new RegistryClient(registry.url, 'regctl/app');
    const config = await pushedConfig(client);
    const mounted = await send(201, 'POST', `/v2/regctl/copy/blobs/uploads/?mount=${escaped(config.digest)}`);
    expect(mounted.headers['docker-content-digest']).toBe(config.digest);

    const chunkBytes = 1024 * 1024;
    const layer = fresh(2 * chunkBytes + 500_000);
    const opened = await send(202, 'POST', '/v2/regctl/app/blobs/uploads/?digest-algorithm=sha512');
    expect(Number(opened.headers['oci-chunk-min-length'])).toBeLessThanOrEqual(chunkBytes);
    let location = opened.headers.location ?? '';
    for (let start = 0; start < layer.bytes.length; start += chunkBytes) {
      const chunk = layer.bytes.subarray(start, start + chunkBytes);
      const headers = {
        'Content-Range': `${start}-${start + chunk.length - 1}`,
        'Content-Length': String(chunk.length),
      };
      const patched = await send(202, 'PATCH', location, { headers, pieces: [chunk] });
      expect(patched.headers.range).toBe(`0-${start + chunk.length - 1}`);
      location = patched.headers.location ?? '';
      await send(416, 'PATCH', location, { headers, pieces: [chunk] });
      const status = await send(204, 'GET', location);
      expect(status.headers.range).toBe(`0-${start + chunk.length - 1}`);
    }
    await send(201, 'PUT', closing(location, sha512Of(layer.bytes)));

    const named = { ...layer, digest: sha512Of(layer.bytes), mediaType: OCI_LAYER };
    const manifest = manifestOf(config, { layers: [descriptor(named)] });
    const pushed = await putManifest(
      201,
      'regctl/app',
      `${sha512Of(manifest.bytes)}?tag=v1&tag=v2`,
      manifest,
    );
    expect(pushed.headers['oci-tag']).toBe('v1, v2');
    await send(201, 'POST', `/v2/regctl/copy/blobs/uploads/?mount=${escaped(named.digest)}`);
    const head = await send(200, 'HEAD', '/v2/regctl/app/manifests/v2');
    expect(head.headers['docker-content-digest']).toBe(sha512Of(manifest.bytes));
    await send(202, 'DELETE', '/v2/regctl/app/manifests/v1');
    await send(404, 'HEAD', '/v2/regctl/app/manifests/v1');
    await send(200, 'HEAD', '/v2/regctl/app/manifests/v2');
  });

  it('any of them resumes a download by ranges, and asks again for what it has', async () => {
    const client = new RegistryClient(registry.url, 'any/app');
    const blob = fresh(10_000);
    await client.pushBlob(blob);
    const head = await send(200, 'HEAD', `/v2/any/app/blobs/${blob.digest}`);
    const headers = { Range: 'bytes=4000-', 'If-Range': String(head.headers.etag) };
    const rest = await client.request(`blobs/${blob.digest}`, { headers });
    expect([rest.status, await bytesOf(rest)]).toEqual([206, blob.bytes.subarray(4_000)]);
    const changed = { Range: 'bytes=4000-', 'If-Range': '"another"' };
    expect((await client.request(`blobs/${blob.digest}`, { headers: changed })).status).toBe(200);
  });
});
