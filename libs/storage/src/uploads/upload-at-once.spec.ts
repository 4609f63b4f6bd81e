import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  brokenSourceOf,
  contentOf,
  digestOf,
  journal,
  newContent,
  sourceOf,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';
import type { StoredRepository } from '../repository/repository.js';

const LARGE = 20_000;

/** A driver that counts what it is asked to write. */
class CountingDriver extends FilesystemDriver {
  created = 0;
  appended = 0;

  override createUpload(key: string): Promise<void> {
    this.created += 1;
    return super.createUpload(key);
  }

  override appendUpload(...args: Parameters<FilesystemDriver['appendUpload']>): Promise<number> {
    this.appended += 1;
    return super.appendUpload(...args);
  }
}

describe('a blob that comes in one request', () => {
  let storage: StorageFixture;
  let driver: CountingDriver;

  beforeAll(async () => {
    storage = await StorageFixture.open({ driver: (root) => (driver = new CountingDriver(root)) });
  });

  afterAll(() => storage.close());

  const files = () => readdir(join(storage.root, 'herald/uploads'));
  const isWhole = async (repository: StoredRepository, bytes: Buffer) =>
    (await contentOf(repository, digestOf(bytes)))?.equals(bytes);

  describe('without a session', () => {
    it.each([
      ['touches no file when it is small', 3_000, 0],
      ['is a file from the beginning when it is large', LARGE, 1],
    ])('%s', async (_, size, created) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      driver.created = 0;
      const pushed = repository.uploads.push(
        digestOf(bytes),
        sourceOf(bytes.subarray(0, 9), bytes.subarray(9)),
        journal,
      );
      await expect(pushed).resolves.toMatchObject({ digest: digestOf(bytes), sizeBytes: size });
      expect(driver.created).toBe(created);
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
      await expect(files()).resolves.toEqual([]);
    });

    it.each([
      ['small', 100],
      ['large', LARGE],
    ])('is refused when it is %s and not what the digest names, and leaves nothing', async (_, size) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      await expect(
        repository.uploads.push(digestOf(bytes), sourceOf(bytes, Buffer.of(0)), journal),
      ).rejects.toMatchObject({ code: 'DIGEST_INVALID', detail: { sizeBytes: size + 1 } });
      await expect(storage.changes(repository)).resolves.toEqual([]);
      await expect(files()).resolves.toEqual([]);
    });

    it.each([100, LARGE])('leaves nothing when the connection breaks after %i bytes', async (size) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      await expect(repository.uploads.push(digestOf(bytes), brokenSourceOf(bytes), journal)).rejects.toThrow(
        'the connection was reset',
      );
      await expect(storage.changes(repository)).resolves.toEqual([]);
      await expect(files()).resolves.toEqual([]);
    });

    it('may be named by sha512', async () => {
      for (const size of [100, LARGE]) {
        const repository = storage.repository();
        const bytes = newContent(size);
        await repository.uploads.push(digestOf(bytes, 'sha512'), sourceOf(bytes), journal);
        await expect(repository.blobs.stat(digestOf(bytes, 'sha512'))).resolves.toMatchObject({
          sizeBytes: size,
        });
        await expect(isWhole(repository, bytes)).resolves.toBe(true);
      }
    });
  });

  describe('in the closing request of an empty session', () => {
    it.each([
      ['is not written to the file of the session when it is small', 3_000, 0],
      ['is when it is large', LARGE, 1],
    ])('%s', async (_, size, appended) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      const { id } = await repository.uploads.start();
      driver.appended = 0;
      await repository.uploads.close(id, digestOf(bytes), { source: sourceOf(bytes), at: 0 }, journal);
      expect(driver.appended).toBe(appended);
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
      await expect(files()).resolves.toEqual([]);
      // Its answer may have been lost: the same again, and nothing happens twice.
      const again = { source: sourceOf(bytes), at: 0 };
      await expect(repository.uploads.close(id, digestOf(bytes), again, journal)).resolves.toMatchObject({
        digest: digestOf(bytes),
      });
      await expect(storage.changes(repository)).resolves.toHaveLength(1);
    });

    it('is in the session when it broke off, which goes on behind it', async () => {
      const repository = storage.repository();
      const bytes = newContent(2_000);
      const { id } = await repository.uploads.start();
      const half = { source: brokenSourceOf(bytes.subarray(0, 1_000)) };
      await expect(repository.uploads.close(id, digestOf(bytes), half, journal)).rejects.toThrow();
      await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: 1_000 });
      const rest = { source: sourceOf(bytes.subarray(1_000)), at: 1_000 };
      await repository.uploads.close(id, digestOf(bytes), rest, journal);
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
    });
  });

  describe('in a closing request that was not what its digest names', () => {
    it.each([
      ['small, in an empty session', 0, 2_000],
      ['large, in an empty session', 0, LARGE],
      ['behind what was there', 1_000, LARGE],
    ])('is taken back, and right when it comes again: %s', async (_, stored, size) => {
      const repository = storage.repository();
      const bytes = newContent(size);
      const { id } = await repository.uploads.start();
      if (stored > 0) await repository.uploads.append(id, sourceOf(bytes.subarray(0, stored)));
      const close = (rest: Uint8Array) =>
        repository.uploads.close(id, digestOf(bytes), { source: sourceOf(rest) }, journal);
      const damaged = Buffer.from(bytes.subarray(stored));
      damaged[500] = (damaged[500] ?? 0) ^ 1;
      for (const wrong of [damaged, Buffer.concat([bytes, bytes])]) {
        await expect(close(wrong)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
        await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: stored });
      }
      await expect(close(bytes.subarray(stored))).resolves.toMatchObject({ sizeBytes: size });
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
    });
  });

  describe('in the closing request of an empty session, with a place', () => {
    it('is refused unread when it begins elsewhere', async () => {
      const { uploads } = storage.repository();
      const bytes = newContent(10);
      const { id } = await uploads.start();
      const elsewhere = { source: sourceOf(bytes), at: 5 };
      await expect(uploads.close(id, digestOf(bytes), elsewhere, journal)).rejects.toMatchObject({
        code: 'RANGE_INVALID',
        detail: { sizeBytes: 0 },
      });
      await expect(uploads.status(id)).resolves.toEqual({ id, sizeBytes: 0 });
    });
  });
});
