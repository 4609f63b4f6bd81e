import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  contentOf,
  digestOf,
  imageOf,
  journal,
  newContent,
  OCI_IMAGE,
  pushBlob,
  sourceOf,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { WriteBatch } from '@herald/database';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference } from '../repository/tag.js';

describe('a blob that was pushed by its sha512', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const pushStrong = async ({ uploads }: StoredRepository, bytes: Buffer) => {
    const { id } = await uploads.start('sha512');
    await uploads.append(id, sourceOf(bytes));
    return uploads.commit(id, digestOf(bytes, 'sha512'), journal);
  };

  it.each([32, 20_000])(
    'is one blob of %i bytes with two names, and is told by the one that was used',
    async (size) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      const blob = await pushStrong(repository, bytes);
      expect(blob.digest).toBe(digestOf(bytes, 'sha512'));
      for (const digest of [digestOf(bytes), digestOf(bytes, 'sha512')]) {
        await expect(repository.blobs.stat(digest)).resolves.toMatchObject({ digest, sizeBytes: size });
        expect((await contentOf(repository, digest))?.equals(bytes)).toBe(true);
      }
      await expect(storage.changes(repository)).resolves.toEqual([
        { kind: 'blob-pushed', repository: repository.name, blob },
      ]);
    },
  );

  it('is not seen in another repository, which may hold it under its other name alone', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const bytes = newContent();
    await pushStrong(here, bytes);
    await expect(elsewhere.blobs.stat(digestOf(bytes, 'sha512'))).resolves.toBeUndefined();
    await pushBlob(elsewhere, bytes);
    await expect(elsewhere.blobs.stat(digestOf(bytes, 'sha512'))).resolves.toBeDefined();
  });

  it('is what a manifest refers to by either name, until it is deleted by either', async () => {
    const repository = storage.repository();
    const bytes = newContent();
    const strong = await pushStrong(repository, bytes);
    const put = (config: typeof strong) =>
      repository.manifests.put(
        { reference: parseReference('latest'), mediaType: OCI_IMAGE, bytes: imageOf(config) },
        journal,
      );
    await expect(put(strong)).resolves.toBeDefined();
    await expect(put({ ...strong, digest: digestOf(bytes) })).resolves.toBeDefined();
    await repository.blobs.delete(strong.digest, journal);
    for (const digest of [strong.digest, digestOf(bytes)]) {
      await expect(put({ ...strong, digest })).rejects.toMatchObject({ detail: [digest] });
    }
  });

  it('loses its further name with its last byte', async () => {
    const bytes = newContent();
    await pushStrong(storage.repository(), bytes);
    await storage.database.commit(
      new WriteBatch().run("UPDATE blobs SET state = 'leaving' WHERE digest = ?", [digestOf(bytes)]),
    );
    await storage.restart();
    const aliases = await storage.database.read('SELECT 1 FROM blob_aliases WHERE blob = ?', [
      digestOf(bytes),
    ]);
    expect(aliases).toEqual([]);
  });

  it('is mounted from wherever it is, and from another repository rather than from itself', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const bytes = newContent();
    const { digest } = await pushStrong(here, bytes);
    await here.blobs.mount(digest, undefined, journal);
    await elsewhere.blobs.mount(digest, undefined, journal);
    await here.blobs.mount(digest, undefined, journal);
    const mounts = (await storage.changes(here, elsewhere)).filter(({ kind }) => kind === 'blob-mounted');
    expect(mounts).toMatchObject([{ from: here.name }, { from: here.name }, { from: elsewhere.name }]);
    await expect(elsewhere.blobs.mount(digestOf(newContent()), undefined, journal)).resolves.toBeUndefined();
    await expect(
      elsewhere.blobs.mount(digestOf(newContent(), 'sha512'), undefined, journal),
    ).resolves.toBeUndefined();
  });
});
