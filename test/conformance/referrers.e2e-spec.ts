import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { content, descriptor, OCI_INDEX, type Content } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { fresh, manifestOf, onWire, pushedConfig, refusal } from './wire.js';

interface Listed {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** OCI distribution-spec, "Listing Referrers". */
describe('referrers', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterAll(() => registry.dispose());

  const list = async (digest: string, query = '') => {
    const answer = await expectStatus(200, client.request(`referrers/${digest}${query}`));
    expect(answer.headers.get('content-type')).toBe(OCI_INDEX);
    const body = (await answer.json()) as { schemaVersion: number; mediaType: string; manifests: Listed[] };
    expect(body).toMatchObject({ schemaVersion: 2, mediaType: OCI_INDEX });
    return { ...body, headers: answer.headers };
  };
  const newSubject = async () => {
    const subject = manifestOf(await pushedConfig(client));
    await client.pushManifest(subject, subject.digest);
    return subject;
  };
  const referrerOf = async (subject: Content, fields: Readonly<Record<string, unknown>> = {}) =>
    manifestOf(await pushedConfig(client), { subject: descriptor(subject), ...fields });
  const push = async (referrer: Content) => {
    await client.pushManifest(referrer, referrer.digest);
    return referrer;
  };

  it('are an empty index for an unknown subject and an unknown repository, never 404', async () => {
    await expect(list(fresh().digest)).resolves.toMatchObject({ manifests: [] });
    const nowhere = new RegistryClient(registry.url, 'no/where');
    const answer = await expectStatus(200, nowhere.request(`referrers/${fresh().digest}`));
    await expect(answer.json()).resolves.toMatchObject({ manifests: [] });
  });

  it.each(['sha256:abc', 'latest', `sha256:${'A'.repeat(64)}`, `sha384:${'a'.repeat(96)}`])(
    'of %s, which is no digest, are refused with 400',
    async (digest) => {
      await expect(refusal(client.request(`referrers/${digest}`))).resolves.toEqual([400, 'DIGEST_INVALID']);
    },
  );

  it('are there in the very next request, with type, size, artifact type and annotations', async () => {
    const subject = await newSubject();
    const annotations = { 'org.test/key': 'a "value" of ünïcode' };
    const typed = await push(await referrerOf(subject, { artifactType: 'application/x.sbom', annotations }));
    await expect(list(subject.digest)).resolves.toMatchObject({
      manifests: [{ ...descriptor(typed), artifactType: 'application/x.sbom', annotations }],
    });
    const plain = await push(await referrerOf(subject));
    const index = await push(
      content(OCI_INDEX, JSON.stringify({ schemaVersion: 2, manifests: [], subject: descriptor(subject) })),
    );
    const { manifests } = await list(subject.digest);
    const byDigest = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
    // An image without a type of its own has its configuration's, and an index has none.
    expect(byDigest.get(plain.digest)).toEqual({
      ...descriptor(plain),
      artifactType: 'application/vnd.oci.image.config.v1+json',
    });
    expect(byDigest.get(index.digest)).toEqual(descriptor(index));
    expect(manifests).toHaveLength(3);
  });

  it('are listed for a subject that comes later, and go when they are deleted', async () => {
    const subject = manifestOf(await pushedConfig(client));
    const referrer = await push(await referrerOf(subject));
    await client.pushManifest(subject, 'late');
    await expect(list(subject.digest)).resolves.toMatchObject({ manifests: [{ digest: referrer.digest }] });
    await expectStatus(202, client.request(`manifests/${subject.digest}`, { method: 'DELETE' }));
    await expect(list(subject.digest)).resolves.toMatchObject({ manifests: [{ digest: referrer.digest }] });
    await expectStatus(202, client.request(`manifests/${referrer.digest}`, { method: 'DELETE' }));
    await expect(list(subject.digest)).resolves.toMatchObject({ manifests: [] });
  });

  it('are filtered by artifact type, and the answer says so', async () => {
    const subject = await newSubject();
    const sbom = await push(await referrerOf(subject, { artifactType: 'application/x.sbom+json' }));
    await push(await referrerOf(subject, { artifactType: 'application/x.signature' }));
    for (const query of [
      '?artifactType=application%2Fx.sbom%2Bjson',
      '?artifactType=application/x.sbom+json',
    ]) {
      const filtered = await list(subject.digest, query);
      expect(filtered.manifests.map(({ digest }) => digest)).toEqual([sbom.digest]);
      expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
    }
    const none = await list(subject.digest, '?artifactType=application/x.none');
    expect(none.manifests).toEqual([]);
    for (const query of ['', '?artifactType=', '?unknown=1']) {
      const all = await list(subject.digest, query);
      expect([all.manifests.length, all.headers.get('oci-filters-applied')]).toEqual([2, null]);
    }
  });

  it('come in pages of at most 4 MiB, which Link leads through, filter and all', async () => {
    const subject = await newSubject();
    const pushed: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const annotations = { index: String(index), large: 'x'.repeat(1_500_000) };
      pushed.push(
        (await push(await referrerOf(subject, { artifactType: 'application/x.large', annotations }))).digest,
      );
    }
    await push(await referrerOf(subject, { artifactType: 'application/x.other' }));
    const found: string[] = [];
    let next: string | undefined =
      `/v2/team/app/referrers/${subject.digest}?artifactType=application/x.large`;
    let pages = 0;
    while (next !== undefined) {
      const answer: Response = await expectStatus(200, client.at(next));
      const text = await answer.text();
      expect(text.length).toBeLessThanOrEqual(4 * 1024 * 1024);
      expect(answer.headers.get('oci-filters-applied')).toBe('artifactType');
      found.push(...(JSON.parse(text) as { manifests: Listed[] }).manifests.map(({ digest }) => digest));
      const link: RegExpExecArray | null = /^<(\/v2\/[^>]+)>; rel="next"$/.exec(
        answer.headers.get('link') ?? '',
      );
      next = link?.[1];
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(found).toEqual(pushed.toSorted());
    await expectStatus(400, client.request(`referrers/${subject.digest}?last=nonsense`));
  });

  it('include those that clients kept under the fallback tag, once, and leave the tag alone', async () => {
    const subject = await newSubject();
    const referrer = await push(await referrerOf(subject, { artifactType: 'application/x.old' }));
    const fallback = content(
      OCI_INDEX,
      JSON.stringify({ schemaVersion: 2, manifests: [descriptor(referrer)] }),
    );
    const tag = subject.digest.replace(':', '-');
    await client.pushManifest(fallback, tag);
    const { manifests } = await list(subject.digest);
    expect(manifests.map(({ digest }) => digest)).toEqual([referrer.digest]);
    const kept = await expectStatus(200, client.request(`manifests/${tag}`));
    expect(kept.headers.get('docker-content-digest')).toBe(fallback.digest);
  });

  it('answer HEAD like GET, without the body', async () => {
    const url = `${registry.url}/v2/team/app/referrers/${fresh().digest}`;
    const head = await onWire(url, { method: 'HEAD' });
    expect([head.status, head.headers['content-type'], head.body.length]).toEqual([200, OCI_INDEX, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
  });
});
