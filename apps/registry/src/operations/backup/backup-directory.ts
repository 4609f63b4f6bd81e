import { constants } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { makeDurableDirectory } from '@herald/database';
import type { BlobFile } from '@herald/storage';
import { BackupError } from './backup.error.js';

const DATABASE = 'herald.db';
const BLOBS = 'blobs.tsv';

/** What a file is called until the backup is whole. */
const PARTIAL = '.partial';

/**
 * Where a backup is written:
 *
 * ```
 * herald.db   the database, one file
 * blobs.tsv   digest, size in bytes and path below the storage's root of each blob to be copied, a line each, tabs between
 * ```
 *
 * Both have their names only when both are whole and durable.
 */
export class BackupDirectory {
  private constructor(readonly path: string) {}

  /** Makes the directory, readable by nobody else. @throws BackupError `DIRECTORY_UNUSABLE` when it is no new or empty one */
  static async create(path: string): Promise<BackupDirectory> {
    if (!isAbsolute(path)) throw unusable(`${path} is not an absolute path`);
    try {
      makeDurableDirectory(path, 0o700);
      if ((await readdir(path)).length > 0) throw unusable(`${path} is not empty`);
    } catch (error) {
      if (error instanceof BackupError) throw error;
      throw unusable(
        `${path} cannot be written: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    }
    return new BackupDirectory(path);
  }

  /** Where the copy of the database is made. */
  get database(): string {
    return join(this.path, `${DATABASE}${PARTIAL}`);
  }

  /** Writes the list of blobs, page by page. */
  async writeBlobs(pages: AsyncIterable<readonly BlobFile[]>): Promise<void> {
    const handle = await open(join(this.path, `${BLOBS}${PARTIAL}`), 'wx', 0o600);
    try {
      for await (const page of pages) await writeLines(handle, page);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Gives the files their names. Durable when it resolves. */
  async finish(): Promise<void> {
    for (const name of [DATABASE, BLOBS]) {
      await rename(join(this.path, `${name}${PARTIAL}`), join(this.path, name));
    }
    for (const directory of [this.path, dirname(this.path)]) await syncDirectory(directory);
  }

  /** Removes what was written of a backup that failed. */
  async discard(): Promise<void> {
    for (const name of [DATABASE, BLOBS]) {
      for (const suffix of ['', PARTIAL]) await rm(join(this.path, `${name}${suffix}`), { force: true });
    }
  }
}

async function writeLines(handle: FileHandle, page: readonly BlobFile[]): Promise<void> {
  const lines = page.map(({ digest, sizeBytes, path }) => `${digest}\t${sizeBytes}\t${path}\n`);
  await handle.appendFile(lines.join(''));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(fault: string): BackupError {
  return new BackupError(
    'DIRECTORY_UNUSABLE',
    `${fault}: a backup needs a new or empty directory of its own`,
  );
}
