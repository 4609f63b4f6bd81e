import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** The right to work in a data directory, held by one process at a time. */
export class DataDirectoryLock {
  private constructor(private readonly lock: FileLock) {}

  /** @throws DataDirectoryInUse */
  static acquire(directory: string): DataDirectoryLock {
    const place = join(directory, 'herald');
    makePlace(place);
    // SQLite would open a file on a read-only file system all the same, and fail later and darkly.
    accessSync(place, constants.W_OK);
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
 * Durably: whoever comes after finds the directories there, and cannot tell whether their names are on the disk yet. On a read-only file
 * system Node says that the directory above is missing: what is wrong shows where there is one.
 */
function makePlace(place: string): void {
  try {
    makeDurableDirectory(place);
  } catch (error) {
    let above = dirname(place);
    while (!existsSync(above)) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw error;
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
