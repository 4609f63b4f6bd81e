import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates a directory and its missing parents, each with its name in the one above on stable storage: what is synced inside of a
 * directory is lost with it when its own name is.
 *
 * @param mode permissions of what is created
 */
export function makeDurableDirectory(path: string, mode = 0o777): void {
  const directory = resolve(path);
  const created = mkdirSync(directory, { recursive: true, mode });
  if (created === undefined) return;
  const last = dirname(created);
  for (let current = directory; ; current = dirname(current)) {
    syncDirectory(current);
    if (current === last) return;
  }
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
