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

describe('deleting a repository', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  afterAll(() => storage.close());

  const filled = async (repository: StoredRepository, content = newContent()) => {
    const blob = await pushBlob(repository, content, alone);
    const push = { reference: parseReference('latest'), mediaType: OCI_IMAGE, bytes: imageOf(blob) };
    await repository.manifests.put(push, alone);
    return { blob: blob.digest, manifest: digestOf(push.bytes), push };
  };
  const holds = async ({ manifests, blobs }: StoredRepository, content: Awaited<ReturnType<typeof filled>>) =>
    Promise.all([
      manifests.get(parseReference('latest')),
      manifests.get(parseReference(content.manifest)),
      blobs.stat(content.blob),
    ]);

  it('takes everything in it along, tells it once, and leaves others alone', async () => {
    const [repository, other] = [storage.repository(), storage.repository()];
    const shared = newContent();
    const content = await filled(repository, shared);
    await filled(other, shared);
    await repository.delete(journal);
    await expect(holds(repository, content)).resolves.toEqual([undefined, undefined, undefined]);
    await expect(repository.tags.list({ limit: 1 })).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await expect(storage.changes(repository)).resolves.toEqual([
      { kind: 'repository-deleted', repository: repository.name },
    ]);
    expect(await holds(other, content)).not.toContain(undefined);
  });

  it('refuses one that is not there', async () => {
    const repository = storage.repository();
    await expect(repository.delete(journal)).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await filled(repository);
    const outcomes = await Promise.allSettled([1, 2].map(() => repository.delete(journal)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(storage.changes(repository)).resolves.toHaveLength(1);
  });

  it('leaves an empty name behind, under which nothing of before comes back', async () => {
    const repository = storage.repository();
    const content = await filled(repository);
    await repository.delete(alone);
    await pushBlob(repository, newContent(), alone);
    await expect(holds(repository, content)).resolves.toEqual([undefined, undefined, undefined]);
    await expect(repository.manifests.put(content.push, alone)).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
  });

  it('is undone together with what joined it', async () => {
    const repository = storage.repository();
    const content = await filled(repository);
    const deleting = repository.delete((change, batch) => {
      journal(change, batch);
      batch.run('INSERT INTO nowhere VALUES (1)');
    });
    await expect(deleting).rejects.toMatchObject({ code: 'STATEMENT' });
    expect(await holds(repository, content)).not.toContain(undefined);
    await expect(storage.changes(repository)).resolves.toEqual([]);
  });
});
