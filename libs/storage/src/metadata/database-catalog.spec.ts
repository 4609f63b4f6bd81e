import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  imageOf,
  newContent,
  OCI_IMAGE,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import { parseReference } from '../repository/tag.js';

describe('the catalog', () => {
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open();
    for (const name of ['b', 'a/b', 'a-b', 'a', 'a0']) await pushBlob(storage.repository(name), newContent());
  });

  afterAll(() => storage.close());

  it('lists repositories in byte order, in pages', async () => {
    await expect(storage.catalog.list({ limit: 5 })).resolves.toEqual({
      items: ['a', 'a-b', 'a/b', 'a0', 'b'],
      more: false,
    });
    await expect(storage.catalog.list({ limit: 2 })).resolves.toEqual({ items: ['a', 'a-b'], more: true });
    await expect(storage.catalog.list({ last: 'a-b', limit: 2 })).resolves.toEqual({
      items: ['a/b', 'a0'],
      more: true,
    });
    await expect(storage.catalog.list({ last: 'nothing', limit: 2 })).resolves.toEqual({
      items: [],
      more: false,
    });
  });

  it('lists one that has a manifest or a blob, and none that has nothing', async () => {
    const repository = storage.repository('z');
    const blob = await pushBlob(repository, newContent());
    const push = { reference: parseReference('latest'), mediaType: OCI_IMAGE, bytes: imageOf(blob) };
    const { descriptor } = await repository.manifests.put(push, alone);
    const listed = async () => (await storage.catalog.list({ last: 'y', limit: 5 })).items;
    await repository.blobs.delete(blob.digest, alone);
    await expect(listed()).resolves.toEqual(['z']);
    await repository.manifests.delete(descriptor.digest, alone);
    await expect(listed()).resolves.toEqual([]);
    await pushBlob(repository, newContent());
    await expect(listed()).resolves.toEqual(['z']);
  });
});
