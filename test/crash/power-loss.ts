import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from './random.js';

/** Garbage that may stand behind what was synced of the WAL, in bytes. */
const MOST_GARBAGE = 3 * 4_120;

/** What the recording driver saw: see unsynced.ts. */
interface Unsynced {
  /** Bytes of the WAL that were synced at the last commit; undefined when there was none. */
  walBytes: number | undefined;
  /** Names whose directory was not synced since they appeared. */
  readonly names: Set<string>;
  /** Files that were written to since they were synced, and how many bytes of each had been. */
  readonly files: Map<string, number>;
}

/** What a power loss took. */
export interface PowerLoss {
  readonly walBytes: number;
  readonly names: number;
  readonly files: number;
}

/**
 * Makes of a data directory, whose process is dead, what a power loss may have left of it: the WAL cut at any place behind the last
 * commit, with garbage after it; no name that was not synced, and no more of a file than was, or a part of the rest.
 */
export function losePower(database: string, record: string, random: Random): PowerLoss {
  const { walBytes, names, files } = read(record);
  rmSync(record, { force: true });
  const cut = walBytes === undefined ? 0 : cutWal(`${database}-wal`, walBytes, random);
  // The index of the WAL is shared memory, and gone.
  rmSync(`${database}-shm`, { force: true });
  let cutFiles = 0;
  for (const [path, syncedBytes] of files) {
    if (!existsSync(path)) continue;
    truncateSync(path, random.between(Math.min(syncedBytes, statSync(path).size), statSync(path).size));
    cutFiles += 1;
  }
  const lost = [...names].filter((path) => existsSync(path));
  for (const path of lost) rmSync(path, { recursive: true, force: true });
  return { walBytes: cut, names: lost.length, files: cutFiles };
}

/** @returns how many bytes of it are gone */
function cutWal(wal: string, syncedBytes: number, random: Random): number {
  const { size } = statSync(wal);
  const end = random.between(Math.min(syncedBytes, size), size);
  const garbage = Uint8Array.from({ length: random.between(0, MOST_GARBAGE) }, () => random.between(0, 255));
  truncateSync(wal, end);
  writeFileSync(wal, garbage, { flag: 'a' });
  return size - end;
}

function read(record: string): Unsynced {
  const unsynced: Unsynced = { walBytes: undefined, names: new Set(), files: new Map() };
  const synced = new Map<string, number>();
  for (const line of existsSync(record) ? readFileSync(record, 'utf8').split('\n') : []) {
    const [what, path = '', bytes = '0'] = line.split(' ');
    if (what === 'wal') unsynced.walBytes = Number(path);
    else if (what === 'named') unsynced.names.add(path);
    else if (what === 'written') unsynced.files.set(path, synced.get(path) ?? 0);
    else if (what === 'synced') {
      synced.set(path, Number(bytes));
      unsynced.files.delete(path);
      for (const name of unsynced.names) if (dirname(name) === path) unsynced.names.delete(name);
    }
  }
  return unsynced;
}
