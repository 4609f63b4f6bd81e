import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, descriptor, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, type Content } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { bytesOf, fresh, manifestOf, onWire, pushedConfig, refusal, sha512Of } from './wire.js';

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const FOUR_MIB = 4 * 1024 * 1024;

/** OCI distribution-spec, "Pushing Manifests". */
describe('pushing manifests', () => {
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

  const put = (reference: string, { mediaType, bytes }: Content, type = mediaType) =>
    client.request(`manifests/${reference}`, {
      method: 'PUT',
      headers: { 'Content-Type': type },
      body: new Uint8Array(bytes),
    });
  const newManifest = async (fields?: Readonly<Record<string, unknown>>) =>
    manifestOf(await pushedConfig(client), fields);
  const expectServed = async (reference: string, { mediaType, bytes }: Content, digest: string) => {
    const answer = await expectStatus(200, client.request(`manifests/${reference}`));
    expect(answer.headers.get('content-type')).toBe(mediaType);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(await bytesOf(answer)).toEqual(bytes);
  };

  it('stores the exact bytes by tag and by digest, and gives a Location that can be pulled', async () => {
    for (const reference of ['v1', 'digest']) {
      const manifest = await newManifest({ unknown: [1, ' ', { deep: null }] });
      const answer = await expectStatus(
        201,
        put(reference === 'digest' ? manifest.digest : reference, manifest),
      );
      expect(answer.headers.get('docker-content-digest')).toBe(manifest.digest);
      const location = answer.headers.get('location');
      expect(location).toBe(`/v2/team/app/manifests/${manifest.digest}`);
      expect(await bytesOf(await expectStatus(200, client.at(location)))).toEqual(manifest.bytes);
    }
  });

  it('takes the same bytes under another tag and media type: a digest has one type, which the last push says', async () => {
    const manifest = await newManifest({ mediaType: undefined });
    await expectStatus(201, put('oci', manifest));
    await expectServed('oci', manifest, manifest.digest);
    await expectStatus(201, put('docker', manifest, DOCKER_MANIFEST));
    for (const reference of ['docker', 'oci', manifest.digest]) {
      await expectServed(reference, { ...manifest, mediaType: DOCKER_MANIFEST }, manifest.digest);
    }
  });

  it('takes a manifest without a length, and ignores parameters of its type', async () => {
    const manifest = await newManifest();
    const url = `${registry.url}/v2/team/app/manifests/chunked`;
    const headers = { 'Content-Type': `${OCI_MANIFEST}; charset=utf-8`, 'Transfer-Encoding': 'chunked' };
    const pieces = [manifest.bytes.subarray(0, 5), manifest.bytes.subarray(5)];
    expect((await onWire(url, { method: 'PUT', headers, pieces })).status).toBe(201);
    await expectServed('chunked', manifest, manifest.digest);
  });

  it('takes 4 MiB, and answers more with 413, announced or not', async () => {
    const config = await pushedConfig(client);
    const empty = manifestOf(config, { padding: '' });
    const full = manifestOf(config, { padding: 'x'.repeat(FOUR_MIB - empty.bytes.length) });
    expect(full.bytes).toHaveLength(FOUR_MIB);
    await expectStatus(201, put('full', full));
    const over = content(OCI_MANIFEST, `${full.bytes.toString()} `);
    await expect(refusal(put('over', over))).resolves.toEqual([413, 'SIZE_INVALID']);
    const pieces = [over.bytes.subarray(0, 1_000_000), over.bytes.subarray(1_000_000)];
    const url = `${registry.url}/v2/team/app/manifests/over`;
    const headers = { 'Content-Type': OCI_MANIFEST, 'Transfer-Encoding': 'chunked' };
    const answer = await onWire(url, { method: 'PUT', headers, pieces });
    expect(answer.status).toBe(413);
    await expectStatus(404, client.request('manifests/over'));
  });

  it.each([
    ['no JSON', OCI_MANIFEST, '{'],
    ['no object', OCI_MANIFEST, '[]'],
    ['an unknown type', 'text/plain', '{"schemaVersion":2}'],
    [
      'another type than the document states',
      OCI_MANIFEST,
      `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`,
    ],
    ['both an image and an index', OCI_INDEX, '{"schemaVersion":2,"manifests":[],"layers":[]}'],
  ])('refuses %s with MANIFEST_INVALID', async (_, type, text) => {
    await expect(refusal(put('bad', content(type, text)))).resolves.toEqual([400, 'MANIFEST_INVALID']);
  });

  it('refuses a digest that is not the document’s, and a malformed one inside it', async () => {
    const manifest = await newManifest();
    await expect(refusal(put(fresh().digest, manifest))).resolves.toEqual([400, 'DIGEST_INVALID']);
    const config = { ...descriptor(await pushedConfig(client)), digest: 'sha256:nonsense' };
    const wrong = content(OCI_MANIFEST, JSON.stringify({ schemaVersion: 2, config, layers: [] }));
    await expect(refusal(put('wrong', wrong))).resolves.toEqual([400, 'DIGEST_INVALID']);
  });

  it('refuses missing references, each by its digest', async () => {
    const layer = { ...fresh(), mediaType: OCI_LAYER };
    const answer = await put('missing', await newManifest({ layers: [descriptor(layer)] }));
    expect(answer.status).toBe(400);
    await expect(answer.json()).resolves.toMatchObject({
      errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: [layer.digest] }],
    });
  });

  it('takes layers that are fetched elsewhere, an empty index, and a subject that is missing', async () => {
    const elsewhere = {
      ...descriptor(fresh()),
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      urls: ['https://layers.test/a'],
    };
    const answer = await expectStatus(201, put('foreign', await newManifest({ layers: [elsewhere] })));
    expect(answer.headers.get('warning')).toMatch(
      /^299 - "non-distributable layers are deprecated: 1 of [^"]*"$/,
    );
    const plain = await expectStatus(201, put('plain', await newManifest()));
    expect(plain.headers.get('warning')).toBeNull();
    const index = content(OCI_INDEX, '{"schemaVersion":2,"manifests":[]}');
    await expectStatus(201, put('empty', index));
    const subject = { ...descriptor(fresh()), mediaType: OCI_MANIFEST };
    const byTag = await expectStatus(201, put('referrer', await newManifest({ subject })));
    expect(byTag.headers.get('oci-subject')).toBe(subject.digest);
    const referrer = content(OCI_INDEX, JSON.stringify({ schemaVersion: 2, manifests: [], subject }));
    const byDigest = await expectStatus(201, put(referrer.digest, referrer));
    expect(byDigest.headers.get('oci-subject')).toBe(subject.digest);
  });

  it('keeps Docker’s types as they are, and takes the same bytes under another type', async () => {
    const config = await pushedConfig(client);
    const bytes = JSON.stringify({ schemaVersion: 2, config: descriptor(config), layers: [] });
    const docker = content(DOCKER_MANIFEST, bytes);
    await expectStatus(201, put('docker', docker));
    await expectServed('docker', docker, docker.digest);
    const oci = content(OCI_MANIFEST, bytes);
    await expectStatus(201, put('oci', oci));
    await expectServed('oci', oci, oci.digest);
    const list = content(DOCKER_LIST, JSON.stringify({ schemaVersion: 2, manifests: [descriptor(oci)] }));
    await expectStatus(201, put('list', list));
    await expectServed('list', list, list.digest);
  });

  it.each([
    ['sha256', ({ digest }: Content) => digest],
    ['sha512', ({ bytes }: Content) => sha512Of(bytes)],
  ])('sets a dozen tags along with a push by %s, each with its event', async (algorithm, name) => {
    const manifest = await newManifest();
    const digest = name(manifest);
    const tags = Array.from({ length: 12 }, (_, index) => `${algorithm}-${index}`);
    const query = [...tags, tags[0]].map((tag) => `tag=${tag}`).join('&');
    const answer = await expectStatus(201, put(`${digest}?${query}`, manifest));
    expect(answer.headers.get('oci-tag')?.split(', ')).toEqual(tags);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    for (const tag of tags) await expectServed(tag, manifest, digest);
    await expectServed(digest, manifest, digest);
    const told = () =>
      receiver.events.flatMap(({ action, target }) =>
        action === 'push' && target.digest === digest && target.tag ? [target.tag] : [],
      );
    await receiver.until(() => told().length >= tags.length);
    expect(told()).toEqual(tags);
  });

  it('moves all tags of a push or none', async () => {
    const manifest = await newManifest();
    const many = Array.from({ length: 101 }, (_, index) => `tag=many-${index}`).join('&');
    await expect(refusal(put(`${manifest.digest}?${many}`, manifest))).resolves.toEqual([414, 'UNSUPPORTED']);
    const bad = put(`${manifest.digest}?tag=good&tag=.bad`, manifest);
    await expect(refusal(bad)).resolves.toEqual([400, 'MANIFEST_INVALID']);
    for (const tag of ['many-0', 'good']) await expectStatus(404, client.request(`manifests/${tag}`));
  });

  it('sets no tags that a push by tag names beside', async () => {
    const manifest = await newManifest();
    const answer = await expectStatus(201, put('alone?tag=beside', manifest));
    expect(answer.headers.get('oci-tag')).toBeNull();
    await expectStatus(404, client.request('manifests/beside'));
  });

  it('moves a tag from what the client has seen of it, and from nothing else: If-Match, If-None-Match', async () => {
    const [one, two] = [await newManifest(), await newManifest()];
    const conditional = (manifest: Content, headers: Record<string, string>) =>
      client.request('manifests/conditional', {
        method: 'PUT',
        headers: { 'Content-Type': manifest.mediaType, ...headers },
        body: new Uint8Array(manifest.bytes),
      });
    await expect(refusal(conditional(one, { 'If-Match': '*' }))).resolves.toEqual([412, 'DENIED']);
    await expectStatus(201, conditional(one, { 'If-None-Match': '*' }));
    await expect(refusal(conditional(two, { 'If-None-Match': '*' }))).resolves.toEqual([412, 'DENIED']);
    const etag = (await client.request('manifests/conditional')).headers.get('etag') ?? '';
    await expectStatus(201, conditional(two, { 'If-Match': etag }));
    await expect(refusal(conditional(one, { 'If-Match': etag }))).resolves.toEqual([412, 'DENIED']);
    await expectServed('conditional', two, two.digest);
  });

  it('lets one of many clients go on from the same state of a tag, and tells the others', async () => {
    await expectStatus(201, put('contended', await newManifest()));
    const etag = (await client.request('manifests/contended')).headers.get('etag') ?? '';
    const manifests = await Promise.all(Array.from({ length: 8 }, () => newManifest()));
    const answers = await Promise.all(
      manifests.map(({ mediaType, bytes }) =>
        client.request('manifests/contended', {
          method: 'PUT',
          headers: { 'Content-Type': mediaType, 'If-Match': etag },
          body: new Uint8Array(bytes),
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array(7).fill(412),
    ]);
  });
});
