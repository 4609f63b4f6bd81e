import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
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
import type { RepositoryName } from '../repository/repository-name.js';

const FILE_BYTES = 16 * 1024 + 1;

/** A driver with which everything ends before or after a blob's file has its name. */
class DyingDriver extends FilesystemDriver {
  constructor(
    root: string,
    private readonly dies: 'before' | 'after',
  ) {
    super(root);
  }

  override async placeBlob(upload: string, digest: Digest): Promise<void> {
    if (this.dies === 'after') await super.placeBlob(upload, digest);
    throw new Error('the process was killed');
  }
}

describe('a blob after a crash', () => {
  let storage: StorageFixture;
  let name: RepositoryName;

  beforeAll(async () => {
    storage = await StorageFixture.open();
  });

  beforeEach(() => {
    ({ name } = storage.repository());
  });

  afterAll(() => storage.close());

  const states = async (digest: Digest) =>
    (
      await storage.database.read<{ state: string }>('SELECT state FROM blobs WHERE digest = ?', [digest])
    ).map(({ state }) => state);
  const run = async (sql: string, ...params: readonly (string | number)[]) => {
    await expect(storage.database.commit(new WriteBatch().run(sql, params))).resolves.toEqual({
      committed: true,
    });
  };

  it.each([
    ['before', []],
    ['after', ['present']],
  ] as const)(
    '%s the file had its name, is seen by nobody, has no event, and the upload still',
    async (when, state) => {
      const bytes = newContent(FILE_BYTES);
      await storage.restart({ driver: (root) => new DyingDriver(root, when) });
      const { uploads } = storage.repository(name);
      const { id } = await uploads.start();
      await uploads.append(id, sourceOf(bytes));
      await expect(uploads.commit(id, digestOf(bytes), journal)).rejects.toThrow('killed');
      await expect(states(digestOf(bytes))).resolves.toEqual(['arriving']);

      await storage.restart();
      await expect(states(digestOf(bytes))).resolves.toEqual(state);
      const repository = storage.repository(name);
      await expect(repository.blobs.stat(digestOf(bytes))).resolves.toBeUndefined();
      await expect(storage.changes(repository)).resolves.toEqual([]);

      await repository.uploads.commit(id, digestOf(bytes), journal);
      expect((await contentOf(repository, digestOf(bytes)))?.equals(bytes)).toBe(true);
      await expect(storage.changes(repository)).resolves.toHaveLength(1);
    },
  );

  it.each([
    ['no file', undefined],
    ['a file of another size', newContent(9)],
    ['a file of the right size with another content', newContent(FILE_BYTES)],
  ])(
    'takes nothing for whole that was arriving with %s, and removes no file that it did not write',
    async (_, stray) => {
      const bytes = newContent(FILE_BYTES);
      const file = storage.blobFile(digestOf(bytes));
      await run(
        "INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'arriving')",
        digestOf(bytes),
        FILE_BYTES,
      );
      if (stray) {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, stray);
      }
      await storage.restart();
      await expect(states(digestOf(bytes))).resolves.toEqual([]);
      expect(existsSync(file)).toBe(stray !== undefined);
      await pushBlob(storage.repository(name), bytes);
      expect((await contentOf(storage.repository(name), digestOf(bytes)))?.equals(bytes)).toBe(true);
    },
  );

  it.each([
    ['a row', 100, true],
    ['a file', FILE_BYTES, true],
    ['a file that is gone already', FILE_BYTES, false],
  ])('finishes the removal of %s', async (_, sizeBytes, there) => {
    const bytes = newContent(sizeBytes);
    const repository = storage.repository(name);
    if (there) {
      await pushBlob(repository, bytes, alone);
      await repository.blobs.delete(digestOf(bytes), alone);
      await run("UPDATE blobs SET state = 'leaving' WHERE digest = ?", digestOf(bytes));
    } else {
      await run(
        "INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'leaving')",
        digestOf(bytes),
        sizeBytes,
      );
    }
    await storage.restart();
    await expect(states(digestOf(bytes))).resolves.toEqual([]);
    await expect(
      storage.database.read('SELECT 1 FROM inline_contents WHERE digest = ?', [digestOf(bytes)]),
    ).resolves.toEqual([]);
    expect(existsSync(storage.blobFile(digestOf(bytes)))).toBe(false);
  });

  it('stays as it is when it was present', async () => {
    const bytes = newContent(FILE_BYTES);
    await pushBlob(storage.repository(name), bytes);
    await storage.restart();
    expect((await contentOf(storage.repository(name), digestOf(bytes)))?.equals(bytes)).toBe(true);
  });

  it('can be read when the boundary between rows and files is another one now', async () => {
    const [small, large] = [newContent(100), newContent(FILE_BYTES)];
    for (const bytes of [small, large]) await pushBlob(storage.repository(name), bytes);
    await storage.restart({ inlineBytes: 10 });
    for (const bytes of [small, large]) {
      expect((await contentOf(storage.repository(name), digestOf(bytes)))?.equals(bytes)).toBe(true);
    }
  });
});
