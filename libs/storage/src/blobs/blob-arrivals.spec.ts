import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WriteBatch } from '@herald/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  contentOf,
  digestOf,
  journal,
  newContent,
  pushBlob,
  sourceOf,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';
import { alone } from '../repository/change.js';
import type { Digest } from '../repository/digest.js';
import type { StoredRepository } from '../repository/repository.js';

const INLINE_BYTES = 16 * 1024;
const FILE_BYTES = INLINE_BYTES + 1;

/** A driver that counts what it places, and that can be out of space. */
class WatchedDriver extends FilesystemDriver {
  placed = 0;
  full = false;

  override async placeBlob(upload: string, digest: Digest): Promise<void> {
    if (this.full)
      throw Object.assign(new Error('ENOSPC: no space left on device, link'), { code: 'ENOSPC' });
    await super.placeBlob(upload, digest);
    this.placed += 1;
  }
}

describe('BlobArrivals', () => {
  let storage: StorageFixture;
  let driver: WatchedDriver;

  const states = async (digest: Digest) =>
    (
      await storage.database.read<{ state: string }>('SELECT state FROM blobs WHERE digest = ?', [digest])
    ).map(({ state }) => state);
  const isInline = async (digest: Digest) =>
    (await storage.database.read('SELECT 1 FROM inline_contents WHERE digest = ?', [digest])).length === 1;
  const run = async (sql: string, ...params: readonly (string | number | Uint8Array)[]) => {
    await expect(storage.database.commit(new WriteBatch().run(sql, params))).resolves.toEqual({
      committed: true,
    });
  };
  const uploaded = async ({ uploads }: StoredRepository, bytes: Uint8Array) => {
    const { id } = await uploads.start();
    await uploads.append(id, sourceOf(bytes));
    return id;
  };

  beforeAll(async () => {
    storage = await StorageFixture.open({ driver: (root) => (driver = new WatchedDriver(root)) });
  });

  beforeEach(() => {
    driver.placed = 0;
  });

  afterAll(() => storage.close());

  it('keeps a blob of 16 KiB as a row and the next larger one as a file', async () => {
    const [small, large] = [newContent(INLINE_BYTES), newContent(FILE_BYTES)];
    for (const bytes of [small, large]) await pushBlob(storage.repository(), bytes);
    await expect(isInline(digestOf(small))).resolves.toBe(true);
    expect(existsSync(storage.blobFile(digestOf(small)))).toBe(false);
    await expect(isInline(digestOf(large))).resolves.toBe(false);
    await expect(readFile(storage.blobFile(digestOf(large)))).resolves.toEqual(large);
  });

  it.each([
    ['small', 100],
    ['large', FILE_BYTES],
  ])(
    'makes one %s blob of the same content uploaded several times at once, and tells of each',
    async (_, sizeBytes) => {
      const bytes = newContent(sizeBytes);
      const repositories = [storage.repository(), storage.repository()];
      const target = [...repositories, ...repositories];
      await Promise.all(target.map((repository) => pushBlob(repository, bytes)));
      for (const repository of repositories) {
        expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
        await expect(storage.changes(repository)).resolves.toHaveLength(2);
      }
      await expect(
        storage.database.read('SELECT 1 FROM repository_blobs WHERE digest = ?', [digestOf(bytes)]),
      ).resolves.toHaveLength(2);
      expect(driver.placed).toBe(sizeBytes > INLINE_BYTES ? 1 : 0);
      if (sizeBytes > INLINE_BYTES) expect((await stat(storage.blobFile(digestOf(bytes)))).nlink).toBe(1);
    },
  );

  it('undoes the membership together with what joined it, and takes the content when it is committed again', async () => {
    for (const bytes of [newContent(), newContent(FILE_BYTES)]) {
      const repository = storage.repository();
      const id = await uploaded(repository, bytes);
      const failing = repository.uploads.commit(id, digestOf(bytes), (change, batch) => {
        journal(change, batch);
        batch.run('INSERT INTO nowhere VALUES (1)');
      });
      await expect(failing).rejects.toMatchObject({ code: 'STATEMENT' });
      await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
      await expect(storage.changes(repository)).resolves.toEqual([]);
      await repository.uploads.commit(id, digestOf(bytes), journal);
      expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
      await expect(storage.changes(repository)).resolves.toHaveLength(1);
    }
  });

  it('tells of a blob once, however often its batch had to be built', async () => {
    for (const bytes of [newContent(), newContent(FILE_BYTES)]) {
      const repository = storage.repository();
      let attempts = 0;
      await pushBlob(repository, bytes, (change, batch) => {
        journal(change, batch);
        attempts += 1;
        if (attempts < 3) batch.require('there is room', 'SELECT 1 WHERE 0');
      });
      expect(attempts).toBe(3);
      await expect(storage.changes(repository)).resolves.toEqual([
        {
          kind: 'blob-pushed',
          repository: repository.name,
          blob: { mediaType: 'application/octet-stream', digest: digestOf(bytes), sizeBytes: bytes.length },
        },
      ]);
    }
    expect(driver.placed).toBe(1);
  });

  it('replaces a stray file under the name of a blob by the content that was checked', async () => {
    const repository = storage.repository();
    const bytes = newContent(FILE_BYTES);
    const file = storage.blobFile(digestOf(bytes));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, newContent(FILE_BYTES));
    await pushBlob(repository, bytes);
    expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
  });

  it.each([
    ['small', 100],
    ['large', FILE_BYTES],
  ])('brings a %s blob back that collection was removing', async (_, sizeBytes) => {
    const bytes = newContent(sizeBytes);
    const repository = storage.repository();
    await pushBlob(repository, bytes, alone);
    await repository.blobs.delete(digestOf(bytes), alone);
    await run("UPDATE blobs SET state = 'leaving' WHERE digest = ?", digestOf(bytes));
    await pushBlob(repository, bytes);
    await expect(states(digestOf(bytes))).resolves.toEqual(['present']);
    expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
  });

  describe('when the file of a blob was lost or cut by others', () => {
    const damages = {
      lost: (file: string) => rm(dirname(file), { recursive: true }),
      cut: (file: string) => truncate(file, 10),
    };

    it.each(['lost', 'cut'] as const)(
      'says of a %s one that it is not there, so that it is pushed again',
      async (damage) => {
        const bytes = newContent(FILE_BYTES);
        const [repository, other] = [storage.repository(), storage.repository()];
        for (const one of [repository, other]) await pushBlob(one, bytes);
        await damages[damage](storage.blobFile(digestOf(bytes)));
        await expect(repository.blobs.open(digestOf(bytes))).resolves.toBeUndefined();
        await expect(
          storage.repository().blobs.mount(digestOf(bytes), repository.name, journal),
        ).resolves.toBeUndefined();
        await pushBlob(repository, bytes);
        for (const one of [repository, other])
          expect((await contentOf(one, digestOf(bytes)))?.equals(bytes)).toBe(true);
        await expect(readFile(storage.blobFile(digestOf(bytes)))).resolves.toEqual(bytes);
      },
    );

    it.each([
      ['small', 100],
      ['large', FILE_BYTES],
    ])('a %s one that was cut before it was imported is whole after a push', async (_, sizeBytes) => {
      const bytes = newContent(sizeBytes);
      const file = storage.blobFile(digestOf(bytes));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes.subarray(0, 10));
      await run("INSERT INTO blobs (digest, size_bytes, state) VALUES (?, 10, 'present')", digestOf(bytes));
      const repository = storage.repository();
      await pushBlob(repository, bytes);
      const content = await repository.blobs.open(digestOf(bytes));
      expect(content?.descriptor.sizeBytes).toBe(sizeBytes);
      expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
    });

    it('puts nothing into place again that is whole', async () => {
      const bytes = newContent(FILE_BYTES);
      for (const one of [storage.repository(), storage.repository()]) await pushBlob(one, bytes);
      expect(driver.placed).toBe(1);
    });
  });

  describe('when the disk is full', () => {
    it('acknowledges no file, and takes it when there is room', async () => {
      const bytes = newContent(FILE_BYTES);
      const repository = storage.repository();
      const id = await uploaded(repository, bytes);
      driver.full = true;
      await expect(repository.uploads.commit(id, digestOf(bytes), journal)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.not.stringContaining('ENOSPC') as unknown,
      });
      await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
      await expect(storage.changes(repository)).resolves.toEqual([]);
      driver.full = false;
      await repository.uploads.commit(id, digestOf(bytes), journal);
      await expect(storage.changes(repository)).resolves.toHaveLength(1);
    });

    it('acknowledges no row either', async () => {
      const own = await StorageFixture.open();
      const bytes = newContent(INLINE_BYTES);
      const repository = own.repository();
      const id = await uploaded(repository, bytes);
      const [pages] = await own.database.read<{ page_count: number }>('PRAGMA page_count');
      const limit = (count: number) =>
        own.database.commit(new WriteBatch().require('limited', `PRAGMA max_page_count = ${count}`));
      await limit(Number(pages?.page_count));
      await expect(repository.uploads.commit(id, digestOf(bytes), journal)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
      await limit(1_073_741_823);
      await repository.uploads.commit(id, digestOf(bytes), journal);
      await expect(own.changes(repository)).resolves.toHaveLength(1);
      await own.close();
    });
  });
});
