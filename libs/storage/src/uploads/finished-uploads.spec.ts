import { createHash } from 'node:crypto';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  journal,
  newContent,
  sourceOf,
  StorageFixture,
  TestClock,
} from '../../../../test/support/storage-fixture.js';

describe('an upload that is closed a second time', () => {
  let storage: StorageFixture;
  const clock = new TestClock();

  beforeAll(async () => {
    storage = await StorageFixture.open({ clock });
  });

  afterAll(() => storage.close());

  const files = () => readdir(join(storage.root, 'herald/uploads'));
  const TEN_MINUTES = 10 * 60_000;
  const closed = async (bytes = newContent()) => {
    const repository = storage.repository();
    const { id } = await repository.uploads.start();
    await repository.uploads.append(id, sourceOf(bytes));
    const first = await repository.uploads.commit(id, digestOf(bytes), journal);
    return { repository, id, first, again: () => repository.uploads.commit(id, first.digest, journal) };
  };

  it('gives the same answer, and tells nobody again', async () => {
    const { repository, first, again } = await closed();
    await expect(again()).resolves.toEqual(first);
    await expect(storage.changes(repository)).resolves.toHaveLength(1);
  });

  it('gives it for ten minutes', async () => {
    const { again } = await closed();
    clock.nowMs += TEN_MINUTES;
    await expect(again()).resolves.toBeDefined();
    clock.nowMs += 1;
    await expect(again()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('gives it after a restart, and removes a file that was left', async () => {
    const bytes = newContent();
    const { id } = await storage.repository('closed').uploads.start();
    await storage.repository('closed').uploads.append(id, sourceOf(bytes));
    await storage.repository('closed').uploads.commit(id, digestOf(bytes), journal);
    const key = `${id}.${createHash('sha256').update('closed').digest('hex').slice(0, 32)}`;
    await appendFile(join(storage.root, 'herald/uploads', key), bytes);
    await storage.restart({ clock });
    const repository = storage.repository('closed');
    await expect(repository.uploads.commit(id, digestOf(bytes), journal)).resolves.toBeDefined();
    await expect(storage.changes(repository)).resolves.toHaveLength(1);
    expect((await files()).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('is unknown with another digest, and when the blob is gone again', async () => {
    const { repository, id, first, again } = await closed();
    const other = repository.uploads.commit(id, digestOf(newContent()), journal);
    await expect(other).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
    await repository.blobs.delete(first.digest, journal);
    await expect(again()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('is forgotten in the end, and takes no room', async () => {
    await closed();
    clock.nowMs += TEN_MINUTES + 1;
    await closed();
    const rows = await storage.database.read('SELECT key FROM finished_uploads');
    expect(rows).toHaveLength(1);
  });
});
