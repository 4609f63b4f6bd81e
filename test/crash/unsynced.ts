/**
 * Writes down what would be on the disk after a power loss: how far the write-ahead log was synced at each commit, and which files and
 * names were written, and which synced. Node loads this file before the program (`--import`), in each of its threads, like
 * crash-points.ts. A line is written before the program goes on, so whatever a client was told stands in the record.
 */
import { appendFileSync, closeSync, existsSync, linkSync, openSync, readSync, statSync } from 'node:fs';
import fileSystem, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const record = String(process.env['POWER_RECORD']);
const database = String(process.env['CRASH_DATABASE']);

/** The header of the WAL and of each frame in it, and where the WAL's index has its number of frames: sqlite.org/walformat.html. */
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4_096;
const FRAMES_AT = 16;

const BLOBS = '/blobs/sha256/';
let removals = 0;

function note(...words: readonly (string | number)[]): void {
  appendFileSync(record, `${words.join(' ')}\n`);
}

function around(
  owner: object,
  method: string,
  advice: (proceed: Method, args: unknown[], self: unknown) => unknown,
): void {
  const original = Reflect.get(owner, method) as Method;
  Reflect.set(owner, method, function (this: unknown, ...args: unknown[]): unknown {
    return advice((...others) => original.apply(this, others), args, this);
  });
  syncBuiltinESMExports();
}

/** Bytes of the WAL that the last commit has synced. */
function walBytes(): number {
  const index = openSync(`${database}-shm`, 'r');
  try {
    const frames = Buffer.alloc(4);
    readSync(index, frames, 0, 4, FRAMES_AT);
    return WAL_HEADER_BYTES + frames.readUInt32LE() * FRAME_BYTES;
  } finally {
    closeSync(index);
  }
}

function watchCommits(): void {
  around(DatabaseSync.prototype, 'prepare', (proceed, args) => {
    const statement = proceed(...args) as object;
    if (args[0] === 'COMMIT') {
      around(statement, 'run', (commit) => {
        const result = commit();
        note('wal', walBytes());
        return result;
      });
    }
    return statement;
  });
}

async function watchFiles(): Promise<void> {
  const paths = new WeakMap<object, string>();
  const any = await fileSystem.open(process.execPath);
  await any.close();
  const handles = Object.getPrototypeOf(any) as object;
  around(fileSystem, 'open', async (proceed, args) => {
    const handle = (await proceed(...args)) as FileHandle;
    paths.set(handle, String(args[0]));
    if (args[1] === 'wx') note('named', String(args[0]));
    return handle;
  });
  around(handles, 'write', (proceed, args, self) => {
    note('written', paths.get(self as object) ?? '');
    return proceed(...args);
  });
  around(handles, 'sync', async (proceed, args, self) => {
    const path = paths.get(self as object) ?? '';
    const { size } = statSync(path);
    await proceed(...args);
    note('synced', path, size);
  });
  around(fileSystem, 'link', async (proceed, args) => {
    note('named', String(args[1]));
    return proceed(...args);
  });
  around(fileSystem, 'rm', async (proceed, args) => {
    const path = String(args[0]);
    const file = `${path}/data`;
    if (!path.includes(BLOBS) || !existsSync(file)) return proceed(...args);
    removals += 1;
    const aside = `${record}.${process.pid}.${removals}`;
    // A second name keeps the bytes.
    linkSync(file, aside);
    const result = await proceed(...args);
    note('removed', path, aside);
    return result;
  });
  around(fileSystem, 'mkdir', async (proceed, args) => {
    const first = await proceed(...args);
    if (typeof first === 'string') note('named', first);
    return first;
  });
}

if (isMainThread) await watchFiles();
else watchCommits();
