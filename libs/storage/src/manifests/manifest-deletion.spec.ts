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
import { parseReference } from '../repository/tag.js';

describe('DatabaseManifestStore deletes', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const put = ({ manifests }: StoredRepository, reference: string, bytes: Uint8Array, alongside = journal) =>
    manifests.put({ reference: parseReference(reference), mediaType: OCI_IMAGE, bytes }, alongside);
  const get = ({ manifests }: StoredRepository, reference: string) =>
    manifests.get(parseReference(reference));
  const newImage = async (repository: StoredRepository) =>
    imageOf(await pushBlob(repository, newContent(), alone));

  it('a manifest and exactly the tags that name it, and tells them in byte order', async () => {
    const repository = storage.repository();
    const [bytes, other] = [await newImage(repository), await newImage(repository)];
    const tags = [
      'b',
      'B',
      'a',
      '_',
      '0',
      'a.1',
      'a-1',
      'a_1',
      'aa',
      ...Array.from({ length: 70 }, (_, n) => `n${n}`),
    ];
    for (const tag of tags) await put(repository, tag, bytes, alone);
    await put(repository, 'other', other, alone);
    await repository.manifests.delete(digestOf(bytes), journal);
    await expect(storage.changes(repository)).resolves.toEqual([
      {
        kind: 'manifest-deleted',
        repository: repository.name,
        manifest: { mediaType: OCI_IMAGE, digest: digestOf(bytes), sizeBytes: bytes.length },
        tags: tags.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      },
    ]);
    await expect(repository.tags.list({ limit: 100 })).resolves.toEqual({ items: ['other'], more: false });
    await expect(get(repository, digestOf(bytes))).resolves.toBeUndefined();
    await expect(get(repository, 'other')).resolves.toBeDefined();
  });

  it.each([
    [
      'a tag too that was set',
      "INSERT INTO tags (digest, repository, name) VALUES (?, (REPOSITORY), 'c')",
      'it',
      ['a', 'b', 'c'],
      [],
    ],
    [
      'no tag that was moved',
      "UPDATE tags SET digest = ? WHERE repository = (REPOSITORY) AND name = 'a'",
      'another',
      ['b'],
      ['a'],
    ],
  ])('%s while the deletion was under way, and tells it so', async (_, sql, names, deleted, left) => {
    const repository = storage.repository();
    const bytes = await newImage(repository);
    const [digest, other] = [digestOf(bytes), digestOf(newContent())];
    for (const tag of ['a', 'b']) await put(repository, tag, bytes, alone);
    const statement = sql.replace('REPOSITORY', 'SELECT id FROM repositories WHERE name = ?');
    let attempts = 0;
    await repository.manifests.delete(digest, (change, batch) => {
      journal(change, batch);
      attempts += 1;
      if (attempts > 1) return;
      // Handed to the database before the batch of the deletion.
      const named = names === 'it' ? digest : other;
      void storage.database.commit(new WriteBatch().run(statement, [named, repository.name]));
    });
    expect(attempts).toBe(2);
    await expect(storage.changes(repository)).resolves.toMatchObject([
      { kind: 'manifest-deleted', tags: deleted },
    ]);
    await expect(repository.tags.list({ limit: 9 })).resolves.toMatchObject({ items: left });
  });

  it('nothing twice, and nothing of another repository', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const bytes = await newImage(elsewhere);
    await put(elsewhere, 'latest', bytes);
    await expect(here.manifests.delete(digestOf(bytes), journal)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    await elsewhere.manifests.delete(digestOf(bytes), journal);
    await expect(elsewhere.manifests.delete(digestOf(bytes), journal)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    await expect(storage.changes(here, elsewhere)).resolves.toHaveLength(2);
  });

  it('one manifest for two clients once', async () => {
    const repository = storage.repository();
    const bytes = await newImage(repository);
    await put(repository, digestOf(bytes), bytes);
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => repository.manifests.delete(digestOf(bytes), journal)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(
      (await storage.changes(repository)).filter(({ kind }) => kind === 'manifest-deleted'),
    ).toHaveLength(1);
  });

  it('never leaves a tag that names nothing, when a push of the tag meets the deletion', async () => {
    const repository = storage.repository();
    const bytes = await newImage(repository);
    for (let round = 0; round < 20; round += 1) {
      await put(repository, digestOf(bytes), bytes);
      await Promise.all([
        put(repository, 'latest', bytes),
        repository.manifests.delete(digestOf(bytes), journal).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'MANIFEST_UNKNOWN' });
        }),
      ]);
      const { items } = await repository.tags.list({ limit: 1 });
      expect((await get(repository, 'latest')) === undefined).toBe(items.length === 0);
    }
  });
});
