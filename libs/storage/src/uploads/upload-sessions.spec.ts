import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
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
import type { Digest } from '../repository/digest.js';
import type { ByteSource, StoredRepository } from '../repository/repository.js';

/** A driver that counts how often an upload is read again, and that can be out of space. */
class WatchedDriver extends FilesystemDriver {
  rereads = 0;
  full = false;

  override async createUpload(key: string): Promise<void> {
    this.#needSpace();
    await super.createUpload(key);
  }

  override async appendUpload(
    ...[key, offset, source, onWritten]: Parameters<FilesystemDriver['appendUpload']>
  ) {
    const needSpace = () => this.#needSpace();
    async function* untilFull(): ByteSource {
      for await (const chunk of source) {
        needSpace();
        yield chunk;
      }
    }
    return super.appendUpload(key, offset, untilFull(), onWritten);
  }

  override async *readUpload(key: string): AsyncGenerator<Uint8Array> {
    this.rereads += 1;
    yield* super.readUpload(key);
  }

  #needSpace(): void {
    if (this.full)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }
}

const LARGE = 20_000;

describe('UploadSessions', () => {
  let storage: StorageFixture;
  let driver: WatchedDriver;
  const options = { driver: (root: string) => (driver = new WatchedDriver(root)) };

  beforeAll(async () => {
    storage = await StorageFixture.open(options);
  });

  afterAll(() => storage.close());

  const files = () => readdir(join(storage.root, 'herald/uploads'));
  const isWhole = async (repository: StoredRepository, bytes: Buffer) =>
    (await contentOf(repository, digestOf(bytes)))?.equals(bytes);

  it('begins empty, under an id that nobody can guess', async () => {
    const { uploads } = storage.repository();
    const [first, second] = [await uploads.start(), await uploads.start()];
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as unknown,
      sizeBytes: 0,
    });
    expect(second.id).not.toBe(first.id);
    await expect(uploads.status(first.id)).resolves.toEqual(first);
  });

  it('goes on where it stands, chunk by chunk, and becomes the blob', async () => {
    const repository = storage.repository();
    const bytes = newContent(LARGE);
    const { id } = await repository.uploads.start();
    const bounds = [0, 1, 1, 9_000, LARGE];
    for (const [index, end] of bounds.slice(1).entries()) {
      const start = bounds[index] ?? 0;
      const appended = repository.uploads.append(id, sourceOf(bytes.subarray(start, end)), start);
      await expect(appended).resolves.toEqual({ id, sizeBytes: end });
      await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: end });
    }
    await expect(repository.uploads.commit(id, digestOf(bytes), journal)).resolves.toEqual({
      mediaType: 'application/octet-stream',
      digest: digestOf(bytes),
      sizeBytes: LARGE,
    });
    await expect(isWhole(repository, bytes)).resolves.toBe(true);
  });

  it('makes the same blob of the same bytes, however they come', async () => {
    const repository = storage.repository();
    const chunk = fc.uint8Array({ maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(chunk, { maxLength: 3 }), { maxLength: 4 }), async (requests) => {
        const { id } = await repository.uploads.start();
        for (const chunks of requests) await repository.uploads.append(id, sourceOf(...chunks));
        const bytes = Buffer.concat(requests.flat());
        await repository.uploads.commit(id, digestOf(bytes), journal);
        expect(await isWhole(repository, bytes)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('hashes while the bytes come, and does not read them again', async () => {
    const { uploads } = storage.repository();
    const bytes = newContent(LARGE);
    const { id } = await uploads.start();
    for (const part of [bytes.subarray(0, 7), bytes.subarray(7)]) await uploads.append(id, sourceOf(part));
    driver.rereads = 0;
    await uploads.commit(id, digestOf(bytes), journal);
    expect(driver.rereads).toBe(0);
  });

  it('lets requests that come at once follow each other', async () => {
    const repository = storage.repository();
    const { id } = await repository.uploads.start();
    const chunks = Array.from({ length: 8 }, () => newContent(1_000));
    await Promise.all(chunks.map((chunk) => repository.uploads.append(id, sourceOf(chunk))));
    await repository.uploads.commit(id, digestOf(Buffer.concat(chunks)), journal);
    await expect(isWhole(repository, Buffer.concat(chunks))).resolves.toBe(true);
  });

  it('lets one of two clients win that send the same chunk at once', async () => {
    const { uploads } = storage.repository();
    const { id } = await uploads.start();
    const outcomes = await Promise.allSettled(
      [1, 2].map(() => uploads.append(id, sourceOf(newContent(5)), 0)),
    );
    expect(outcomes).toMatchObject([{ value: { sizeBytes: 5 } }, { reason: { code: 'RANGE_INVALID' } }]);
  });

  describe('after a restart', () => {
    it('stands at the length of its file, hashes from there, and becomes the blob', async () => {
      const bytes = newContent(LARGE);
      const { id } = await storage.repository('restarted').uploads.start();
      await storage.repository('restarted').uploads.append(id, sourceOf(bytes.subarray(0, 12_345)));
      await storage.restart(options);
      const repository = storage.repository('restarted');
      await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: 12_345 });
      await repository.uploads.append(id, sourceOf(bytes.subarray(12_345)), 12_345);
      await repository.uploads.commit(id, digestOf(bytes), journal);
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
    });

    it('stands behind what was written by a request that the end of the process cut off', async () => {
      const { id } = await storage.repository('cut').uploads.start();
      const file = (await files()).find((name) => name.startsWith(id)) ?? '';
      await appendFile(join(storage.root, 'herald/uploads', file), 'unacknowledged');
      await storage.restart(options);
      const repository = storage.repository('cut');
      await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: 14 });
      const bytes = Buffer.from('unacknowledged, and more');
      await repository.uploads.append(id, sourceOf(bytes.subarray(14)), 14);
      await repository.uploads.commit(id, digestOf(bytes), journal);
      await expect(isWhole(repository, bytes)).resolves.toBe(true);
    });
  });

  it.each([0, 4, 6, 1_000_000])(
    'refuses a chunk for byte %i when it has 5, reads nothing of it, and lives on',
    async (at) => {
      const { uploads } = storage.repository();
      const bytes = newContent(10);
      const { id } = await uploads.start();
      await uploads.append(id, sourceOf(bytes.subarray(0, 5)));
      let asked = 0;
      const source: ByteSource = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            asked += 1;
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      };
      await expect(uploads.append(id, source, at)).rejects.toMatchObject({
        code: 'RANGE_INVALID',
        detail: { sizeBytes: 5 },
      });
      expect(asked).toBe(0);
      await uploads.append(id, sourceOf(bytes.subarray(5)), 5);
      await expect(uploads.commit(id, digestOf(bytes), journal)).resolves.toMatchObject({ sizeBytes: 10 });
    },
  );

  it('keeps what came before the connection broke, and goes on behind it', async () => {
    const repository = storage.repository();
    const bytes = newContent(LARGE);
    const { id } = await repository.uploads.start();
    const broken = brokenSourceOf(bytes.subarray(0, 100), bytes.subarray(100, 9_999));
    await expect(repository.uploads.append(id, broken)).rejects.toThrow('the connection was reset');
    await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: 9_999 });
    await repository.uploads.append(id, sourceOf(bytes.subarray(9_999)), 9_999);
    driver.rereads = 0;
    await repository.uploads.commit(id, digestOf(bytes), journal);
    expect(driver.rereads).toBe(0);
    await expect(isWhole(repository, bytes)).resolves.toBe(true);
  });

  it('refuses bytes that are not what the digest names, and lives on', async () => {
    const repository = storage.repository();
    const bytes = newContent();
    const { id } = await repository.uploads.start();
    await repository.uploads.append(id, sourceOf(bytes.subarray(0, 10)));
    await expect(repository.uploads.commit(id, digestOf(bytes), journal)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
      detail: { computed: digestOf(bytes.subarray(0, 10)), sizeBytes: 10 },
    });
    await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
    await expect(storage.changes(repository)).resolves.toEqual([]);
    await repository.uploads.append(id, sourceOf(bytes.subarray(10)), 10);
    await repository.uploads.commit(id, digestOf(bytes), journal);
    await expect(isWhole(repository, bytes)).resolves.toBe(true);
  });

  it('takes the digest of what is stored, and not of what was announced', async () => {
    const { uploads } = storage.repository();
    const { id } = await uploads.start();
    await uploads.append(id, sourceOf(newContent()));
    await expect(uploads.commit(id, digestOf(Buffer.alloc(0)), journal)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
    });
  });

  it.each([
    ['reads a large one again when sha512 was not announced', undefined, 1],
    ['hashes a large one by sha512 while it comes when that was announced', 'sha512', 0],
  ] as const)('%s', async (_, algorithm, rereads) => {
    const repository = storage.repository();
    const bytes = newContent(LARGE);
    const { id } = await repository.uploads.start(algorithm);
    await repository.uploads.append(id, sourceOf(bytes));
    driver.rereads = 0;
    await repository.uploads.commit(id, digestOf(bytes, 'sha512'), journal);
    expect(driver.rereads).toBe(rereads);
    await expect(isWhole(repository, bytes)).resolves.toBe(true);
  });

  it('is gone when it became a blob or was cancelled, and leaves no file', async () => {
    const { uploads } = storage.repository();
    const bytes = newContent(LARGE);
    const [committed, cancelled] = [await uploads.start(), await uploads.start()];
    for (const { id } of [committed, cancelled]) await uploads.append(id, sourceOf(bytes));
    await uploads.commit(committed.id, digestOf(bytes), journal);
    await uploads.cancel(cancelled.id);
    for (const { id } of [committed, cancelled]) {
      await expectUnknown(uploads, id, digestOf(Buffer.alloc(0)));
      expect((await files()).filter((name) => name.startsWith(id))).toEqual([]);
    }
  });

  it('cannot be reached from another repository', async () => {
    const [here, elsewhere] = [storage.repository(), storage.repository()];
    const bytes = newContent();
    const { id } = await here.uploads.start();
    await here.uploads.append(id, sourceOf(bytes));
    await expectUnknown(elsewhere.uploads, id, digestOf(bytes));
    await expect(here.uploads.status(id)).resolves.toEqual({ id, sizeBytes: bytes.length });
  });

  it.each([
    ['nothing', () => ''],
    ['an id that was never given', () => '00000000-0000-4000-8000-000000000000'],
    ['the name of its file', (_: string, file: string) => file],
    ['traversal', (id: string) => `../uploads/${id}`],
    ['a path', (_: string, file: string) => join(storage.root, 'herald/uploads', file)],
    ['upper case', (id: string) => id.toUpperCase()],
    ['a line break behind it', (id: string) => `${id}\n`],
    ['a zero byte behind it', (id: string) => `${id}\0`],
    ['a million characters', () => 'a'.repeat(1_000_000)],
  ])('cannot be reached by %s', async (_, hostile) => {
    const { uploads } = storage.repository();
    const { id } = await uploads.start();
    const file = (await files()).find((name) => name.startsWith(id)) ?? '';
    // An id of decimal digits alone has no upper case.
    if (hostile(id, file) === id) return;
    await expectUnknown(uploads, hostile(id, file), digestOf(Buffer.alloc(0)));
    await expect(uploads.status(id)).resolves.toEqual({ id, sizeBytes: 0 });
  });

  it('tells the client to come back when the disk is full, and loses nothing that it took', async () => {
    const repository = storage.repository();
    const bytes = newContent(LARGE);
    const { id } = await repository.uploads.start();
    await repository.uploads.append(id, sourceOf(bytes.subarray(0, 1_000)));
    driver.full = true;
    await expect(repository.uploads.start()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(repository.uploads.append(id, sourceOf(bytes.subarray(1_000)))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    driver.full = false;
    await expect(repository.uploads.status(id)).resolves.toEqual({ id, sizeBytes: 1_000 });
    await repository.uploads.append(id, sourceOf(bytes.subarray(1_000)), 1_000);
    await repository.uploads.commit(id, digestOf(bytes), journal);
    await expect(isWhole(repository, bytes)).resolves.toBe(true);
  });
});

async function expectUnknown(
  uploads: StoredRepository['uploads'],
  id: string,
  digest: Digest,
): Promise<void> {
  const refused = { code: 'BLOB_UPLOAD_UNKNOWN' };
  await expect(uploads.status(id)).rejects.toMatchObject(refused);
  await expect(uploads.append(id, sourceOf(newContent()))).rejects.toMatchObject(refused);
  await expect(uploads.commit(id, digest, journal)).rejects.toMatchObject(refused);
  await expect(uploads.cancel(id)).rejects.toMatchObject(refused);
}
