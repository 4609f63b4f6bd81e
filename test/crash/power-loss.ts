import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from './random.js';

/** Garbage that may stand behind what was synced of the WAL, in bytes. */
const MOST_GARBAGE = 3 * 4_120;

/** What the recording driver saw: see unsynced.ts. */
interface Unsynced {
  /** Bytes of the WAL that were synced at the last commit; undefined when there was none. */
  walBytes: number | undefined;
  /** Names whose directory was not synced since they appeared. */
  readonly names: Set<string>;
  /** Directories of blobs that were removed, and where their file was put aside, while nobody has synced that they are gone. */
  readonly removed: Map<string, string>;
  /** Files that were written to since they were synced, and how many bytes of each had been. */
  readonly files: Map<string, number>;
}

/** What a power loss took. */
export interface PowerLoss {
  readonly walBytes: number;
  readonly names: number;
  readonly files: number;
  /** Removed files that are there again. */
  readonly restored: number;
}

/**
 * Makes of a data directory, whose process is dead, what a power loss may have left of it: the WAL cut at any place behind the last
 * commit, with garbage after it; no name that was not synced, and no more of a file than was, or a part of the rest.
 */
export function losePower(database: string, record: string, random: Random): PowerLoss {
  const { walBytes, names, files, removed } = read(record);
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
  const restored = [...removed].filter(() => random.chance(0.5));
  for (const [directory, aside] of restored) {
    mkdirSync(directory, { recursive: true });
    renameSync(aside, join(directory, 'data'));
  }
  return { walBytes: cut, names: lost.length, files: cutFiles, restored: restored.length };
}

/** @returns how many bytes of it are gone */
function cutWal(wal: string, syncedBytes: number, random: Random): number {
  // An orderly end takes the log into the database, and what was killed after it may not have come to a new one.
  if (!existsSync(wal)) return 0;
  const { size } = statSync(wal);
  const end = random.between(Math.min(syncedBytes, size), size);
  const garbage = Uint8Array.from({ length: random.between(0, MOST_GARBAGE) }, () => random.between(0, 255));
  truncateSync(wal, end);
  writeFileSync(wal, garbage, { flag: 'a' });
  return size - end;
}

function read(record: string): Unsynced {
  const unsynced: Unsynced = {
    walBytes: undefined,
    names: new Set(),
    removed: new Map(),
    files: new Map(),
  };
  const syncedBytes = new Map<string, number>();
  const notes: Readonly<Record<string, (path: string, more: string) => void>> = {
    wal: (bytes) => (unsynced.walBytes = Number(bytes)),
    named: (path) => unsynced.names.add(path),
    written: (path) => unsynced.files.set(path, syncedBytes.get(path) ?? 0),
    removed: (path, aside) => unsynced.removed.set(path, aside),
    synced: (path, bytes) => {
      syncedBytes.set(path, Number(bytes));
      unsynced.files.delete(path);
      for (const changes of [unsynced.names, unsynced.removed])
        for (const name of changes.keys()) if (dirname(name) === path) changes.delete(name);
    },
  };
  for (const line of existsSync(record) ? readFileSync(record, 'utf8').split('\n') : []) {
    const [what = '', path = '', more = '0'] = line.split(' ');
    notes[what]?.(path, more);
  }
  return unsynced;
}
