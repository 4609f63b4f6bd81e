import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  digestOf,
  imageOf,
  indexOf,
  journal,
  newContent,
  OCI_IMAGE,
  OCI_INDEX,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import type { Alongside } from '../repository/change.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference } from '../repository/tag.js';

const DOCKER_IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';

describe('DatabaseManifestStore', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  afterAll(() => storage.close());

  const put = (
    { manifests }: StoredRepository,
    reference: string,
    bytes: Uint8Array,
    { mediaType = OCI_IMAGE, alongside = journal }: { mediaType?: string; alongside?: Alongside } = {},
  ) => manifests.put({ reference: parseReference(reference), mediaType, bytes }, alongside);
  const get = ({ manifests }: StoredRepository, reference: string) =>
    manifests.get(parseReference(reference));
  const newImage = async (repository: StoredRepository) =>
    imageOf(await pushBlob(repository, newContent(), () => undefined));

  it('gives back exactly the bytes that were pushed, by tag and by digest', async () => {
    const repository = storage.repository();
    const config = await pushBlob(repository, newContent());
    const document: unknown = JSON.parse(
      imageOf(config, [], { annotations: { z: 'ü', a: '\u2028' } }).toString(),
    );
    const exact = Buffer.from(`\n${JSON.stringify(document, undefined, '\t')}\r\n\n`);
    const pushed = await put(repository, 'latest', exact);
    expect(pushed.descriptor).toEqual({
      mediaType: OCI_IMAGE,
      digest: digestOf(exact),
      sizeBytes: exact.length,
    });
    for (const reference of ['latest', digestOf(exact)]) {
      const manifest = await get(repository, reference);
      expect(Buffer.from(manifest?.bytes ?? []).equals(exact)).toBe(true);
      expect(manifest?.descriptor).toEqual(pushed.descriptor);
    }
  });

  it('keeps them over a restart', async () => {
    const own = await StorageFixture.open();
    const bytes = await newImage(own.repository('a'));
    await put(own.repository('a'), 'latest', bytes);
    await own.restart();
    expect((await get(own.repository('a'), 'latest'))?.descriptor.digest).toBe(digestOf(bytes));
    await own.close();
  });

  it('knows neither what was not pushed, nor what was pushed elsewhere, nor a blob', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const bytes = await newImage(elsewhere);
    await put(elsewhere, 'latest', bytes);
    await pushBlob(here, bytes);
    for (const reference of ['latest', digestOf(bytes)]) {
      await expect(get(here, reference)).resolves.toBeUndefined();
    }
    await expect(get(elsewhere, 'other')).resolves.toBeUndefined();
  });

  it('names a manifest by the algorithm that the client used', async () => {
    const repository = storage.repository();
    const bytes = await newImage(repository);
    const sha512 = digestOf(bytes, 'sha512');
    await expect(put(repository, sha512, bytes)).resolves.toMatchObject({ descriptor: { digest: sha512 } });
    await expect(get(repository, sha512)).resolves.toMatchObject({ descriptor: { digest: sha512 } });
  });

  it('refuses bytes that are not what their digest names, and stores nothing', async () => {
    const repository = storage.repository();
    const [bytes, other] = [await newImage(repository), await newImage(repository)];
    await expect(put(repository, digestOf(other), bytes)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
      detail: { computed: digestOf(bytes) },
    });
    await expect(get(repository, digestOf(bytes))).resolves.toBeUndefined();
    await expect(get(repository, digestOf(other))).resolves.toBeUndefined();
  });

  it('serves the same bytes under the type that they were pushed with last', async () => {
    const repository = storage.repository();
    const bytes = imageOf(await pushBlob(repository, newContent()), [], { mediaType: undefined });
    await put(repository, 'latest', bytes);
    await put(repository, 'latest', bytes, { mediaType: DOCKER_IMAGE });
    await expect(get(repository, 'latest')).resolves.toMatchObject({
      descriptor: { mediaType: DOCKER_IMAGE },
    });
  });

  it('tells what a push by tag and one by digest did', async () => {
    const repository = storage.repository();
    const bytes = await newImage(repository);
    await put(repository, digestOf(bytes), bytes);
    await put(repository, 'latest', bytes);
    const manifest = {
      descriptor: { mediaType: OCI_IMAGE, digest: digestOf(bytes), sizeBytes: bytes.length },
    };
    await expect(storage.changes(repository)).resolves.toMatchObject([
      { kind: 'manifest-pushed', repository: repository.name, manifest, tags: [] },
      { kind: 'manifest-pushed', repository: repository.name, manifest, tags: [{ tag: 'latest' }] },
    ]);
  });

  it('tells what a tag named before it was moved', async () => {
    const repository = storage.repository();
    const [first, second] = [await newImage(repository), await newImage(repository)];
    for (const bytes of [first, second, second]) await put(repository, 'latest', bytes);
    const changes = await storage.changes(repository);
    expect(changes.map((change) => 'tags' in change && change.tags)).toEqual([
      [{ tag: 'latest' }],
      [{ tag: 'latest', previous: digestOf(first) }],
      [{ tag: 'latest', previous: digestOf(second) }],
    ]);
    await expect(get(repository, digestOf(first))).resolves.toBeDefined();
  });

  it('chains the moves of one tag without a gap when two clients move it at once', async () => {
    const repository = storage.repository();
    const images = await Promise.all(Array.from({ length: 24 }, () => newImage(repository)));
    const client = async (own: readonly Buffer[]) => {
      for (const bytes of own) await put(repository, 'latest', bytes);
    };
    await Promise.all([client(images.slice(0, 12)), client(images.slice(12))]);
    let named: string | undefined;
    const changes = await storage.changes(repository);
    expect(changes).toHaveLength(24);
    for (const change of changes) {
      if (change.kind !== 'manifest-pushed') throw new Error(`${change.kind} was not asked for`);
      expect(change.tags[0]?.previous).toBe(named);
      named = change.manifest.descriptor.digest;
    }
    await expect(get(repository, 'latest')).resolves.toMatchObject({ descriptor: { digest: named } });
  });

  describe('undoes a push together with what joined it', () => {
    const prepare = async () => {
      const repository = storage.repository();
      const [before, bytes] = [await newImage(repository), await newImage(repository)];
      await put(repository, 'latest', before);
      const unchanged = async () => {
        await expect(get(repository, 'latest')).resolves.toMatchObject({
          descriptor: { digest: digestOf(before) },
        });
        await expect(get(repository, digestOf(bytes))).resolves.toBeUndefined();
        await expect(storage.changes(repository)).resolves.toHaveLength(1);
      };
      return { repository, bytes, unchanged };
    };

    it('when a statement of it is wrong', async () => {
      const { repository, bytes, unchanged } = await prepare();
      const alongside: Alongside = (change, batch) => {
        journal(change, batch);
        batch.run('INSERT INTO nowhere VALUES (1)');
      };
      await expect(put(repository, 'latest', bytes, { alongside })).rejects.toMatchObject({
        code: 'STATEMENT',
      });
      await unchanged();
    });

    it('when a precondition of it never holds', async () => {
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (now += 2_000));
      const { repository, bytes, unchanged } = await prepare();
      const alongside: Alongside = (change, batch) => {
        journal(change, batch);
        batch.require('there is room', 'SELECT 1 WHERE 0');
      };
      await expect(put(repository, 'latest', bytes, { alongside })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      await unchanged();
    });

    it('when it cannot be joined at all', async () => {
      const { repository, bytes, unchanged } = await prepare();
      const alongside: Alongside = () => {
        throw new Error('not an event');
      };
      await expect(put(repository, 'latest', bytes, { alongside })).rejects.toThrow('not an event');
      await unchanged();
    });

    it('and commits only what joined the attempt that succeeded', async () => {
      const { repository, bytes } = await prepare();
      let attempts = 0;
      const alongside: Alongside = (change, batch) => {
        journal(change, batch);
        attempts += 1;
        if (attempts < 3) batch.require('there is room', 'SELECT 1 WHERE 0');
      };
      await put(repository, 'latest', bytes, { alongside });
      expect(attempts).toBe(3);
      await expect(storage.changes(repository)).resolves.toHaveLength(2);
    });
  });

  it('stores nothing of a document that it refuses', async () => {
    const repository = storage.repository();
    const bytes = indexOf([], { layers: [] });
    await expect(put(repository, 'latest', bytes, { mediaType: OCI_INDEX })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    });
    await expect(repository.tags.list({ limit: 1 })).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await expect(storage.changes(repository)).resolves.toEqual([]);
  });
});
