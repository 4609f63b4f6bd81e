import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileLock, makeDurableDirectory, refusalOf } from '@herald/database';

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

const TAKES_NONE = 'its file system takes no directories: choose one on a disk';
const NOT_ALLOWED = 'this user may not write there: give it the right to, or choose another directory';
const IS_FILE = 'a file has that name, or one above it: choose another directory';

/** What the operating system refuses a directory with, and what to do. A disk that is full or read-only speaks for itself. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: IS_FILE,
  ENOTDIR: IS_FILE,
  ENOENT: TAKES_NONE,
  ENOSYS: TAKES_NONE,
  EOPNOTSUPP: TAKES_NONE,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
};

/** Nobody can work in the data directory. */
export class DataDirectoryUnusable extends Error {
  override readonly name = 'DataDirectoryUnusable';
  readonly code = 'DATA_DIRECTORY_UNUSABLE';

  constructor(directory: string, reason: string, cause: Error) {
    super(
      `storage.filesystem.rootdirectory: ${directory} cannot be the data directory: ${reason} (${cause.message})`,
      { cause },
    );
  }
}

/** The right to work in a data directory, held by one process at a time. */
export class DataDirectoryLock {
  private constructor(private readonly lock: FileLock) {}

  /** @throws DataDirectoryInUse; DataDirectoryUnusable; Error of the file system */
  static acquire(directory: string): DataDirectoryLock {
    const place = makePlace(directory);
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

/**
 * Durably: whoever comes after finds the directories there, and cannot tell whether their names are on the disk yet.
 *
 * @throws DataDirectoryUnusable; Error of the file system
 */
function makePlace(directory: string): string {
  const place = join(directory, 'herald');
  try {
    makeDurableDirectory(place);
    // SQLite would open a file on a read-only file system all the same, and fail later and darkly.
    accessSync(place, constants.W_OK);
    return place;
  } catch (error) {
    const reason = REASONS[String((error as NodeJS.ErrnoException).code)];
    throw reason === undefined ? error : new DataDirectoryUnusable(directory, reason, error as Error);
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
