import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileLock, refusalOf } from '@herald/database';
import { makeUsable } from './usable-directory.js';

/** Somebody else works in the data directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  readonly code = 'DATA_DIRECTORY_IN_USE';

  constructor(directory: string, holder: string | undefined) {
    super(
      `another Herald works in ${directory}${holder === undefined ? '' : ` (process ${holder})`}: stop it first, or give this one a storage.filesystem.rootdirectory of its own`,
    );
  }
}

/** The two places that a process works in. */
export interface DataPlaces {
  readonly storage: { readonly rootDirectory: string };
  readonly database: { readonly path: string };
}

/** The right to work in a data directory, held by one process at a time. */
export class DataDirectoryLock {
  private constructor(private readonly lock: FileLock) {}

  /** Makes the directories that are missing too. @throws DataDirectoryInUse; DirectoryUnusable; Error of the file system */
  static acquire({ storage, database }: DataPlaces): DataDirectoryLock {
    const directory = storage.rootDirectory;
    const place = join(directory, 'herald');
    makeUsable(place, {
      key: 'storage.filesystem.rootdirectory',
      value: directory,
      purpose: 'be the data directory',
    });
    makeDatabaseDirectory(database.path);
    const holder = join(place, 'lock.pid');
    const lock = FileLock.acquire(join(place, 'lock'));
    if (lock === undefined) throw new DataDirectoryInUse(directory, readHolder(holder));
    noteHolder(holder);
    return new DataDirectoryLock(lock);
  }

  release(): void {
    this.lock.release();
  }
}

/** With no room for it the rest of the start says so, and more. */
function makeDatabaseDirectory(path: string): void {
  try {
    makeUsable(dirname(path), { key: 'database.path', value: path, purpose: 'be the database' });
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
  }
}

/** Whom a second process names. On a full disk there is no room for that, and the lock holds all the same. */
function noteHolder(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    if (refusalOf(error) !== 'full') throw error;
  }
}

function readHolder(path: string): string | undefined {
  try {
    return /^\d+/.exec(readFileSync(path, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}
