import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates a directory and its missing parents, each with its name in the one above on stable storage: what is synced inside of a
 * directory is lost with it when its own name is.
 *
 * @param mode permissions of what is created
 * @throws Error of the file system
 */
export function makeDurableDirectory(path: string, mode = 0o777): void {
  const directory = resolve(path);
  const created = make(directory, mode);
  if (created === undefined) return;
  const last = dirname(created);
  for (let current = directory; ; current = dirname(current)) {
    syncDirectory(current);
    if (current === last) return;
  }
}

/**
 * Node's own way to make the parents too goes round in circles where a file system says of a new directory that its parent is missing,
 * as `/proc` does.
 *
 * @returns the highest directory that was created
 */
function make(directory: string, mode: number): string | undefined {
  if (isDirectory(directory)) return undefined;
  const above = dirname(directory);
  const highest = above === directory ? undefined : make(above, mode);
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    // Unless somebody else was faster.
    if (!isDirectory(directory)) throw error;
  }
  return highest ?? directory;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
