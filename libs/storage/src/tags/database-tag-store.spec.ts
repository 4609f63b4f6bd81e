import { WriteBatch } from '@herald/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  imageOf,
  journal,
  newContent,
  OCI_IMAGE,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference, parseTag } from '../repository/tag.js';

describe('DatabaseTagStore', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const tagged = async (repository: StoredRepository, ...tags: readonly string[]) => {
    const bytes = imageOf(await pushBlob(repository, newContent(), alone));
    for (const tag of tags) {
      await repository.manifests.put({ reference: parseReference(tag), mediaType: OCI_IMAGE, bytes }, alone);
    }
    return digestOf(bytes);
  };

  it('lists tags in the order of their bytes, in pages that say whether more follow', async () => {
    const repository = storage.repository();
    await tagged(repository, 'b', 'a', 'B', '1', '10', '2', '_', 'a.b', 'a-b');
    await expect(repository.tags.list({ limit: 100 })).resolves.toEqual({
      items: ['1', '10', '2', 'B', '_', 'a', 'a-b', 'a.b', 'b'],
      more: false,
    });
    await expect(repository.tags.list({ limit: 3 })).resolves.toEqual({
      items: ['1', '10', '2'],
      more: true,
    });
    await expect(repository.tags.list({ limit: 6, last: '2' })).resolves.toEqual({
      items: ['B', '_', 'a', 'a-b', 'a.b', 'b'],
      more: false,
    });
  });

  it.each([
    ['between two tags', 'b', ['c']],
    ['before all of them', '!', ['a', 'c']],
    ['behind all of them', 'd', []],
    ['that is a tag', 'a', ['c']],
  ])('begins behind a name %s, which need not be a tag', async (_, last, items) => {
    const repository = storage.repository();
    await tagged(repository, 'a', 'c');
    await expect(repository.tags.list({ limit: 10, last })).resolves.toEqual({ items, more: false });
  });

  it('lists the tags of its repository alone', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    await tagged(here, 'here');
    await tagged(elsewhere, 'elsewhere');
    await expect(here.tags.list({ limit: 10 })).resolves.toEqual({ items: ['here'], more: false });
  });

  it('knows no repository that nothing was pushed to, and an empty one that lost its tags', async () => {
    const repository = storage.repository();
    await expect(repository.tags.list({ limit: 10 })).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
      detail: { name: repository.name },
    });
    await tagged(repository, 'a');
    await repository.tags.delete(parseTag('a'), alone);
    await expect(repository.tags.list({ limit: 10 })).resolves.toEqual({ items: [], more: false });
  });

  it('deletes the tag and nothing else, and tells what it named', async () => {
    const repository = storage.repository();
    const digest = await tagged(repository, 'a', 'b');
    await repository.tags.delete(parseTag('a'), journal);
    await expect(repository.tags.list({ limit: 10 })).resolves.toEqual({ items: ['b'], more: false });
    await expect(repository.manifests.get(parseReference(digest))).resolves.toBeDefined();
    await expect(storage.changes(repository)).resolves.toEqual([
      { kind: 'tag-deleted', repository: repository.name, tag: 'a', digest },
    ]);
  });

  it('tells what the tag named at the commit, when it is moved meanwhile', async () => {
    const repository = storage.repository();
    const moved = await tagged(repository, 'other');
    await tagged(repository, 'a');
    let attempts = 0;
    await repository.tags.delete(parseTag('a'), (change, batch) => {
      journal(change, batch);
      attempts += 1;
      if (attempts > 1) return;
      // Handed to the database before this batch.
      void storage.database.commit(
        new WriteBatch().run(
          "UPDATE tags SET digest = ? WHERE name = 'a' AND repository = (SELECT id FROM repositories WHERE name = ?)",
          [moved, repository.name],
        ),
      );
    });
    expect(attempts).toBe(2);
    await expect(storage.changes(repository)).resolves.toMatchObject([
      { kind: 'tag-deleted', digest: moved },
    ]);
  });

  it('keeps the tag when what joined its deletion fails', async () => {
    const repository = storage.repository();
    await tagged(repository, 'a');
    const deleting = repository.tags.delete(parseTag('a'), (change, batch) => {
      journal(change, batch);
      batch.run('INSERT INTO nowhere VALUES (1)');
    });
    await expect(deleting).rejects.toMatchObject({ code: 'STATEMENT' });
    await expect(repository.tags.list({ limit: 10 })).resolves.toMatchObject({ items: ['a'] });
    await expect(storage.changes(repository)).resolves.toEqual([]);
  });

  it('deletes no tag twice, and none of another repository', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    await tagged(elsewhere, 'a');
    await expect(here.tags.delete(parseTag('a'), journal)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    const outcomes = await Promise.allSettled(
      [1, 2].map(() => elsewhere.tags.delete(parseTag('a'), journal)),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(storage.changes(here, elsewhere)).resolves.toHaveLength(1);
  });
});
