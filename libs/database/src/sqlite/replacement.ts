import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { syncDirectory } from '../disk/durable-directory.js';

/** What may lie beside the file of a database, and belongs to it. */
export const BESIDE = ['-wal', '-shm', '-journal'] as const;

/** Where the database that is to take the place of another one is made. */
export function arrivingAt(path: string): string {
  return `${path}.restoring`;
}

/** What a replacement that has begun did. */
export interface Replacement {
  /** What was there before has that name now. */
  readonly aside?: string;
}

/**
 * Puts the database that was made at {@link arrivingAt} in the place of what is there. A file and the log beside it cannot be renamed in
 * one step, and neither is whole without the other: so it is written down first what is going to be done, and {@link finishReplacement}
 * does it, now or at the next start.
 *
 * @param aside what the files that are there are called from then on; without it they are removed
 * @throws Error of the file system, which says whether the next start goes on with it
 */
export function replaceDatabase(path: string, aside: string | undefined): Replacement {
  try {
    writeIntent(path, aside === undefined ? {} : { aside: relative(dirname(path), aside) });
  } catch (error) {
    rmSync(intentAt(path), { force: true });
    removeDatabase(arrivingAt(path));
    throw error;
  }
  try {
    return finishReplacement(path) ?? {};
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}; the next restore or start goes on with it`, { cause: error });
  }
}

/** Whether somebody was killed while he replaced a database: who opens it finishes that first. @throws Error of the file system */
export function isBeingReplaced(path: string): boolean {
  return existsSync(arrivingAt(path)) && readIntent(path) !== undefined;
}

/**
 * Goes on with a replacement where somebody was killed, from any of its steps, and removes what is left of one that had not begun. Nobody
 * may have the database open.
 *
 * @returns undefined when there was nothing to go on with
 * @throws Error of the file system
 */
export function finishReplacement(path: string): Replacement | undefined {
  const intent = readIntent(path);
  const arriving = arrivingAt(path);
  let done: Replacement | undefined;
  if (intent === undefined) {
    removeDatabase(arriving);
  } else if (existsSync(arriving)) {
    done = moveAside(path, intent.aside);
    // The new one must not get its name before the old log has lost its own, whatever a power loss leaves of both.
    syncDirectory(dirname(path));
    renameSync(arriving, path);
    syncDirectory(dirname(path));
  }
  if (existsSync(intentAt(path))) {
    rmSync(intentAt(path));
    syncDirectory(dirname(path));
  }
  return done;
}

/** Removes the file of a database and what belongs to it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', ...BESIDE]) rmSync(`${path}${suffix}`, { force: true });
}

function moveAside(path: string, aside: string | undefined): Replacement {
  if (aside === undefined) {
    removeDatabase(path);
    return {};
  }
  for (const suffix of [...BESIDE, ''])
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  return { aside };
}

function intentAt(path: string): string {
  return `${path}.replacing`;
}

function writeIntent(path: string, intent: Replacement): void {
  const file = openSync(intentAt(path), 'w');
  try {
    writeFileSync(file, JSON.stringify(intent));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncDirectory(dirname(path));
}

/** What was written down. One that is not whole was not followed yet: it would have been durable before that. */
function readIntent(path: string): Replacement | undefined {
  if (!existsSync(intentAt(path))) return undefined;
  try {
    const { aside } = JSON.parse(readFileSync(intentAt(path), 'utf8')) as { aside?: string };
    return aside === undefined ? {} : { aside: resolve(dirname(path), aside) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
