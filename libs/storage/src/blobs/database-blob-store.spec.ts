import { WriteBatch } from '@herald/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collect,
  contentOf,
  digestOf,
  journal,
  newContent,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import type { Digest } from '../repository/digest.js';
import type { StoredRepository } from '../repository/repository.js';

const KIBIBYTE = 1024;

describe('DatabaseBlobStore', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  /** Hands the deletion to the database before the batch that is being built. */
  const deleteAtOnce = ({ name }: StoredRepository, digest: Digest) =>
    storage.database.commit(
      new WriteBatch().run(
        'DELETE FROM repository_blobs WHERE digest = ? AND repository = (SELECT id FROM repositories WHERE name = ?)',
        [digest, name],
      ),
    );

  describe.each([
    ['in a row', 100],
    ['in a file', 16 * KIBIBYTE + 1],
  ])('a blob %s', (_, sizeBytes) => {
    it('is given back whole, with its digest and size', async () => {
      const repository = storage.repository();
      const bytes = newContent(sizeBytes);
      const descriptor = { mediaType: 'application/octet-stream', digest: digestOf(bytes), sizeBytes };
      await expect(pushBlob(repository, bytes)).resolves.toEqual(descriptor);
      await expect(repository.blobs.stat(descriptor.digest)).resolves.toEqual(descriptor);
      expect((await repository.blobs.open(descriptor.digest))?.descriptor).toEqual(descriptor);
      expect((await contentOf(repository, descriptor.digest))?.equals(bytes)).toBe(true);
    });

    it('is visible in its repository alone', async () => {
      const [here, elsewhere] = [storage.repository(), storage.repository()];
      const { digest } = await pushBlob(here, newContent(sizeBytes));
      await pushBlob(elsewhere, newContent());
      await expect(elsewhere.blobs.stat(digest)).resolves.toBeUndefined();
      await expect(elsewhere.blobs.open(digest)).resolves.toBeUndefined();
      await expect(elsewhere.blobs.delete(digest, journal)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
      await expect(here.blobs.stat(digest)).resolves.toBeDefined();
    });

    it.each([
      [0, 0],
      [99, 99],
      [0, 99],
      [10, 42],
    ])('gives its bytes from %i to %i, both included', async (start, end) => {
      const repository = storage.repository();
      const bytes = newContent(sizeBytes);
      const { digest } = await pushBlob(repository, bytes);
      const content = await repository.blobs.open(digest);
      const read = content && (await collect(content.read({ start, end })));
      expect(read?.equals(bytes.subarray(start, end + 1))).toBe(true);
    });

    it('can be read several times, also at once', async () => {
      const repository = storage.repository();
      const bytes = newContent(sizeBytes);
      const { digest } = await pushBlob(repository, bytes);
      const content = await repository.blobs.open(digest);
      const read = async () => content && (await collect(content.read())).equals(bytes);
      await expect(Promise.all([read(), read(), read()])).resolves.toEqual([true, true, true]);
    });

    it('is gone from its repository when it is deleted, and stays in others', async () => {
      const [here, elsewhere] = [storage.repository(), storage.repository()];
      const bytes = newContent(sizeBytes);
      for (const repository of [here, elsewhere]) await pushBlob(repository, bytes, alone);
      const blob = await here.blobs.stat(digestOf(bytes));
      await here.blobs.delete(digestOf(bytes), journal);
      await expect(here.blobs.open(digestOf(bytes))).resolves.toBeUndefined();
      expect((await contentOf(elsewhere, digestOf(bytes)))?.equals(bytes)).toBe(true);
      await expect(storage.changes(here)).resolves.toEqual([
        { kind: 'blob-deleted', repository: here.name, blob },
      ]);
    });

    it('comes back when it is pushed again after its deletion', async () => {
      const repository = storage.repository();
      const bytes = newContent(sizeBytes);
      for (let round = 0; round < 3; round += 1) {
        await pushBlob(repository, bytes);
        expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
        await repository.blobs.delete(digestOf(bytes), journal);
        await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
      }
      await expect(storage.changes(repository)).resolves.toHaveLength(6);
    });

    it('is mounted from a repository that has it', async () => {
      const [from, to] = [storage.repository(), storage.repository()];
      const bytes = newContent(sizeBytes);
      const blob = await pushBlob(from, bytes);
      await expect(to.blobs.mount(blob.digest, from.name, journal)).resolves.toEqual(blob);
      expect((await contentOf(to, blob.digest))?.equals(bytes)).toBe(true);
      await expect(storage.changes(to)).resolves.toEqual([
        { kind: 'blob-mounted', repository: to.name, from: from.name, blob },
      ]);
    });
  });

  it('has an empty blob', async () => {
    const repository = storage.repository();
    const { digest } = await pushBlob(repository, Buffer.alloc(0));
    await expect(contentOf(repository, digest)).resolves.toHaveLength(0);
  });

  it('mounts nothing from a repository that does not have it, whoever else does', async () => {
    const [owner, from, to] = [storage.repository(), storage.repository(), storage.repository()];
    const { digest } = await pushBlob(owner, newContent());
    await expect(to.blobs.mount(digest, from.name, journal)).resolves.toBeUndefined();
    await expect(to.blobs.stat(digest)).resolves.toBeUndefined();
    await expect(to.tags.list({ limit: 1 })).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await expect(storage.changes(to)).resolves.toEqual([]);
  });

  it('mounts nothing that was deleted between the look and the commit', async () => {
    const [from, to] = [storage.repository(), storage.repository()];
    const { digest } = await pushBlob(from, newContent());
    const mounting = to.blobs.mount(digest, from.name, (change, batch) => {
      journal(change, batch);
      void deleteAtOnce(from, digest);
    });
    await expect(mounting).resolves.toBeUndefined();
    await expect(to.blobs.stat(digest)).resolves.toBeUndefined();
    await expect(storage.changes(to)).resolves.toEqual([]);
  });

  it('mounts nothing that collection takes between the look and the commit', async () => {
    const [from, to] = [storage.repository(), storage.repository()];
    const { digest } = await pushBlob(from, newContent());
    const mounting = to.blobs.mount(digest, from.name, () => {
      void storage.database.commit(
        new WriteBatch().run("UPDATE blobs SET state = 'leaving' WHERE digest = ?", [digest]),
      );
    });
    await expect(mounting).resolves.toBeUndefined();
    await expect(to.blobs.stat(digest)).resolves.toBeUndefined();
  });

  it('mounts before a deletion or not at all, whoever is faster', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [from, to] = [storage.repository(), storage.repository()];
      const { digest } = await pushBlob(from, newContent(), alone);
      const work = [
        () => to.blobs.mount(digest, from.name, journal),
        () => from.blobs.delete(digest, journal),
      ];
      if (round % 2 === 0) work.reverse();
      await Promise.all<unknown>(work.map((run) => run()));
      const kinds = (await storage.changes(from, to)).map(({ kind }) => kind);
      const mounted = (await to.blobs.stat(digest)) !== undefined;
      expect(kinds).toEqual(mounted ? ['blob-mounted', 'blob-deleted'] : ['blob-deleted']);
    }
  });

  it('deletes once what several delete at once', async () => {
    const repository = storage.repository();
    const { digest } = await pushBlob(repository, newContent(), alone);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => repository.blobs.delete(digest, journal)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(storage.changes(repository)).resolves.toHaveLength(1);
  });

  it('undoes a mount or a deletion together with what joined it', async () => {
    const [from, to] = [storage.repository(), storage.repository()];
    const { digest } = await pushBlob(from, newContent(), alone);
    const failing: typeof journal = (change, batch) => {
      journal(change, batch);
      batch.run('INSERT INTO nowhere VALUES (1)');
    };
    await expect(to.blobs.mount(digest, from.name, failing)).rejects.toMatchObject({ code: 'STATEMENT' });
    await expect(from.blobs.delete(digest, failing)).rejects.toMatchObject({ code: 'STATEMENT' });
    await expect(to.blobs.stat(digest)).resolves.toBeUndefined();
    await expect(from.blobs.stat(digest)).resolves.toBeDefined();
    await expect(storage.changes(from, to)).resolves.toEqual([]);
  });
});
