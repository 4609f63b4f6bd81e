import { accessSync, constants } from 'node:fs';
import { makeDurableDirectory } from '@herald/database';

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

/** A directory that the configuration names, and what for. */
export interface ConfiguredDirectory {
  readonly key: string;
  /** What the key says. */
  readonly value: string;
  /** As in "cannot be the data directory". */
  readonly purpose: string;
}

/** Nobody can work in a directory that the configuration names. */
export class DirectoryUnusable extends Error {
  override readonly name = 'DirectoryUnusable';
  readonly code = 'DIRECTORY_UNUSABLE';

  constructor({ key, value, purpose }: ConfiguredDirectory, reason: string, cause: Error) {
    super(`${key}: ${value} cannot ${purpose}: ${reason} (${cause.message})`, { cause });
  }
}

/**
 * Makes a directory, durably: whoever comes after finds it there, and cannot tell whether its name is on the disk yet.
 *
 * @throws DirectoryUnusable; Error of the file system
 */
export function makeUsable(directory: string, configured: ConfiguredDirectory): void {
  try {
    makeDurableDirectory(directory);
    // SQLite would open a file on a read-only file system all the same, and fail later and darkly.
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const reason = REASONS[String((error as NodeJS.ErrnoException).code)];
    throw reason === undefined ? error : new DirectoryUnusable(configured, reason, error as Error);
  }
}
