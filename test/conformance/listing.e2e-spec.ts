import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { image } from '../support/image.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { fresh, onWire, refusal } from './wire.js';

const NAMES = ['a', 'a-b', 'a/b', 'a/b/c', 'ab', 'b', 'z0'];

/** OCI distribution-spec, "Content Discovery", and the catalog as clients know it from Distribution. */
describe('listing', () => {
  let registry: RegistryProcess;

  beforeAll(async () => {
    const sections = { catalog: { maxentries: 5 }, tags: { maxtags: 4 } };
    registry = await new RegistryProcess({ sections }).start();
    await Promise.all(NAMES.map((name) => new RegistryClient(registry.url, name).pushBlob(fresh())));
    const app = image('app');
    const client = new RegistryClient(registry.url, 'b');
    for (const tag of ['v1', 'V2', '_x', '10', '9', 'v1.0']) await client.pushImage(app, tag);
  });

  afterAll(() => registry.dispose());

  const listed = async (path: string) => {
    const answer = await expectStatus(200, fetch(`${registry.url}/v2/${path}`));
    expect(answer.headers.get('content-type')).toBe('application/json');
    return { body: await answer.json(), link: answer.headers.get('link') };
  };
  const catalog = (repositories: readonly string[], link: string | null = null) => ({
    body: { repositories },
    link: link && `<${link}>; rel="next"`,
  });
  const tags = (names: readonly string[], link: string | null = null) => ({
    body: { name: 'b', tags: names },
    link: link && `<${link}>; rel="next"`,
  });

  it('of extensions names the one that there is, for the registry and for a repository', async () => {
    for (const [path, endpoint] of [
      ['_oci/ext/discover', '/v2/_oci/ext/discover'],
      ['a/b/c/_oci/ext/discover', '/v2/<name>/_oci/ext/discover'],
    ] as const) {
      const { body } = await listed(path);
      expect(body).toMatchObject({
        extensions: [
          { name: '_oci', url: expect.stringMatching(/^https:/) as string, endpoints: [endpoint] },
        ],
      });
    }
    await expect(refusal(fetch(`${registry.url}/v2/Upper/_oci/ext/discover`))).resolves.toEqual([
      400,
      'NAME_INVALID',
    ]);
  });

  describe('repositories', () => {
    it('gives them in byte order, and a Link while there are more', async () => {
      await expect(listed('_catalog')).resolves.toEqual(
        catalog(NAMES.slice(0, 5), '/v2/_catalog?last=ab&n=5'),
      );
      await expect(listed('_catalog?n=3')).resolves.toEqual(
        catalog(NAMES.slice(0, 3), '/v2/_catalog?last=a%2Fb&n=3'),
      );
      await expect(listed('_catalog?last=a%2Fb&n=3')).resolves.toEqual(
        catalog(NAMES.slice(3, 6), '/v2/_catalog?last=b&n=3'),
      );
      await expect(listed('_catalog?last=b&n=1')).resolves.toEqual(catalog(['z0']));
    });

    it('begins behind any name, there or not', async () => {
      await expect(listed('_catalog?last=a0')).resolves.toEqual(catalog(['ab', 'b', 'z0']));
      await expect(listed('_catalog?last=zzz')).resolves.toEqual(catalog([]));
      await expect(listed('_catalog?n=0')).resolves.toEqual(catalog([]));
    });

    it.each([
      ['6', 6],
      ['5000', 5000],
      ['abc', 'abc'],
      ['-1', '-1'],
      ['1.5', '1.5'],
    ])('refuses n=%s, with the number as detail', async (n, detail) => {
      const answer = await expectStatus(400, fetch(`${registry.url}/v2/_catalog?n=${n}`));
      await expect(answer.json()).resolves.toMatchObject({
        errors: [{ code: 'PAGINATION_NUMBER_INVALID', detail: { n: detail } }],
      });
    });

    it('leaves out one that has nothing any more, and has it back', async () => {
      const client = new RegistryClient(registry.url, 'a');
      const blob = fresh();
      await client.pushBlob(blob);
      const others = new RegistryClient(registry.url, 'emptied');
      await others.pushBlob(blob);
      await expect(listed('_catalog?last=e')).resolves.toEqual(catalog(['emptied', 'z0']));
      await expectStatus(202, others.request(`blobs/${blob.digest}`, { method: 'DELETE' }));
      await expect(listed('_catalog?last=e')).resolves.toEqual(catalog(['z0']));
      await expect(listed('emptied/tags/list')).resolves.toMatchObject({
        body: { name: 'emptied', tags: [] },
      });
      await others.pushBlob(blob);
      await expect(listed('_catalog?last=e')).resolves.toEqual(catalog(['emptied', 'z0']));
      await expectStatus(202, others.request(`blobs/${blob.digest}`, { method: 'DELETE' }));
    });
  });

  describe('tags', () => {
    it('gives them in byte order, at most maxtags, and a Link while there are more', async () => {
      const first = tags(['10', '9', 'V2', '_x'], '/v2/b/tags/list?last=_x&n=4');
      await expect(listed('b/tags/list')).resolves.toEqual(first);
      for (const large of ['99999999', '2147483647', '9223372036854775807'])
        await expect(listed(`b/tags/list?n=${large}`)).resolves.toEqual(first);
      await expect(listed('b/tags/list?last=_x&n=4')).resolves.toEqual(tags(['v1', 'v1.0']));
      await expect(listed('b/tags/list?n=1')).resolves.toEqual(tags(['10'], '/v2/b/tags/list?last=10&n=1'));
      await expect(listed('b/tags/list?n=2&last=v1')).resolves.toEqual(tags(['v1.0']));
    });

    it('begins behind any tag, there or not, and gives none for n=0', async () => {
      await expect(listed('b/tags/list?last=W')).resolves.toEqual(tags(['_x', 'v1', 'v1.0']));
      await expect(listed('b/tags/list?n=0')).resolves.toEqual(tags([]));
      await expect(listed('a/tags/list')).resolves.toMatchObject({ body: { name: 'a', tags: [] } });
    });

    it.each(['abc', '-1', '1e3', '%20', '99999999999999999999'])('refuses n=%s', async (n) => {
      const request = fetch(`${registry.url}/v2/b/tags/list?n=${n}`);
      await expect(refusal(request)).resolves.toEqual([400, 'UNSUPPORTED']);
    });

    it('refuses a parameter that is given twice', async () => {
      await expectStatus(400, fetch(`${registry.url}/v2/b/tags/list?n=1&n=2`));
    });
  });

  it.each(['_catalog', 'b/tags/list'])('answers HEAD of %s like GET, without the body', async (path) => {
    const head = await onWire(`${registry.url}/v2/${path}`, { method: 'HEAD' });
    const get = await onWire(`${registry.url}/v2/${path}`, { method: 'GET' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(String(get.body.length));
    expect(head.headers.link).toBe(get.headers.link);
  });
});
