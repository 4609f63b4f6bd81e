/**
 * Places where the program can be made to kill itself: `CRASH_POINT=<name>:<n>` is the n-th time that it comes to that place. Node loads
 * this file before the program (`--import`), in each of its threads; it wraps what Node gives to the program, so that the program itself
 * knows nothing of it. It is plain JavaScript with types that can be erased.
 */
import fileSystem from 'node:fs/promises';
import http, { type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, Worker } from 'node:worker_threads';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Advice = (proceed: Method, args: unknown[], self: unknown) => unknown;

const [name = '', count = '1'] = (process.env['CRASH_POINT'] ?? '').split(':');
let visitsLeft = Number(count);

const DATABASE = process.env['CRASH_DATABASE'];
const KILL_AT_WRITE = `
  const { watch } = require('node:fs');
  watch(require('node:worker_threads').workerData, () => process.kill(process.pid, 'SIGKILL'));
`;

/** The program is here once more. It does not return from the last visit. */
function here(): void {
  visitsLeft -= 1;
  if (visitsLeft === 0) process.kill(process.pid, 'SIGKILL');
}

/** Runs `advice` in place of a method. */
function around(owner: object, method: string, advice: Advice): void {
  const original = Reflect.get(owner, method) as Method;
  Reflect.set(owner, method, function (this: unknown, ...args: unknown[]): unknown {
    return advice((...others) => original.apply(this, others), args, this);
  });
  syncBuiltinESMExports();
}

/** A group of batches goes to the writer's thread. */
function onGroup(statement: RegExp, visit: () => void): void {
  around(Worker.prototype, 'postMessage', (proceed, args) => {
    if (statement.test(JSON.stringify(args[0]))) visit();
    return proceed(...args);
  });
}

/** The writer's thread commits a group that has such a statement in it. */
function aroundCommit(kind: RegExp, visit: (commit: () => unknown) => unknown): void {
  let isIn = false;
  around(DatabaseSync.prototype, 'prepare', (proceed, args) => {
    const [sql] = args;
    const statement = proceed(...args) as object;
    if (kind.test(String(sql))) {
      around(statement, 'run', (run, values) => {
        isIn = true;
        return run(...values);
      });
    }
    if (sql === 'COMMIT') {
      around(statement, 'run', (commit) => {
        if (!isIn) return commit();
        isIn = false;
        return visit(commit);
      });
    }
    return statement;
  });
}

function dieBeforeCommit(kind: RegExp): CrashPoint {
  return inWriter(() =>
    aroundCommit(kind, (commit) => {
      here();
      return commit();
    }),
  );
}

function dieAfterCommit(kind: RegExp): CrashPoint {
  return inWriter(() =>
    aroundCommit(kind, (commit) => {
      const result = commit();
      here();
      return result;
    }),
  );
}

/** The program uses a connection that it made itself, to an endpoint, whatever library speaks HTTP over it. */
function onOwnSocket(method: 'write' | 'push', visit: (chunk: unknown) => void): void {
  const own = new WeakSet<object>();
  around(Socket.prototype, 'connect', (proceed, args, self) => {
    own.add(self as Socket);
    return proceed(...args);
  });
  around(Socket.prototype, method, (proceed, args, self) => {
    if (own.has(self as Socket)) visit(args[0]);
    return proceed(...args);
  });
}

/** In which thread a point lies, and what has to be wrapped to notice it. */
interface CrashPoint {
  readonly thread: 'main' | 'writer';
  readonly install: () => unknown;
}

const RELEASE = /DELETE FROM repository_blobs .*seen_ms <= /s;
const LEAVING = /UPDATE blobs SET state = 'leaving'/;
const ROW_REMOVAL = /DELETE FROM blobs WHERE digest = \? AND state <> 'present'/;

function isBlob(path: unknown): boolean {
  return String(path).includes('/blobs/sha256/');
}

function inMain(install: () => unknown): CrashPoint {
  return { thread: 'main', install };
}

function inWriter(install: () => unknown): CrashPoint {
  return { thread: 'writer', install };
}

/** Every point, in the order in which a change and its event pass them; the last ones lie in the program's start. */
export const CRASH_POINTS: Readonly<Record<string, CrashPoint>> = {
  /** Half of a chunk is in the upload's file. */
  'mid-chunk': inMain(async () => {
    const handle = await fileSystem.open(process.execPath);
    await handle.close();
    around(
      Object.getPrototypeOf(handle) as object,
      'write',
      async (proceed, [buffer, offset, length, at]) => {
        if (visitsLeft === 1) await proceed(buffer, offset, Math.ceil(Number(length) / 2), at);
        here();
        return proceed(buffer, offset, length, at);
      },
    );
  }),
  /** The blob is claimed, and has no file. */
  'before-link': inMain(() =>
    around(fileSystem, 'link', (proceed, args) => {
      here();
      return proceed(...args);
    }),
  ),
  /** The blob has its file, and is not yet present. */
  'after-link': inMain(() =>
    around(fileSystem, 'link', async (proceed, args) => {
      await proceed(...args);
      here();
    }),
  ),
  'before-batch': inMain(() => onGroup(/INSERT INTO events/, here)),
  'before-commit': dieBeforeCommit(/^INSERT INTO events/),
  'after-commit': dieAfterCommit(/^INSERT INTO events/),
  /** The blob is there, and so is the upload that brought it. */
  'before-upload-removal': inMain(() =>
    around(fileSystem, 'rm', (proceed, args) => {
      if (String(args[0]).includes('/uploads/')) here();
      return proceed(...args);
    }),
  ),
  /** The change is durable, and its client does not know it. */
  'before-answer': inMain(() =>
    around(http.ServerResponse.prototype, 'writeHead', (proceed, args, self) => {
      const { method } = (self as ServerResponse).req;
      if (args[0] === 201 || (method === 'DELETE' && args[0] === 202)) here();
      return proceed(...args);
    }),
  ),
  /** The event is on its way, and not answered. */
  'mid-post': inMain(() => onOwnSocket('write', () => setImmediate(here))),
  /** The endpoint has taken the event, and nothing knows it. */
  'after-2xx': inMain(() =>
    onOwnSocket('push', (chunk) => {
      if (chunk instanceof Buffer && chunk.toString('latin1').startsWith('HTTP/1.1 2')) here();
    }),
  ),
  /** Events were taken, and how far the endpoint has come is about to be stored. */
  'before-progress': inMain(() => onGroup(/UPDATE endpoints SET state/, here)),
  /** In WAL mode the database's own file is written by checkpoints alone. */
  'mid-checkpoint': inMain(() => {
    let watched = false;
    onGroup(/INSERT INTO events/, () => {
      if (watched) return;
      watched = true;
      // In a thread of its own, which does nothing else: a checkpoint is over in some milliseconds.
      const watcher = new Worker(KILL_AT_WRITE, { eval: true, workerData: DATABASE, execArgv: [] });
      watcher.unref();
    });
  }),
  'mid-migration': inMain(() =>
    around(DatabaseSync.prototype, 'exec', (proceed, args) => {
      const result = proceed(...args);
      if (String(args[0]).includes('CREATE TABLE events')) here();
      return result;
    }),
  ),
  /** What became of a blob that a crash had left half way is known, and not yet stored: the start does that before anything else. */
  'mid-recovery': inMain(() => onGroup(/(?:UPDATE|DELETE FROM) blobs/, here)),
};

/** Places in a collection, in the order in which a content passes them on its way out. */
export const COLLECTION_POINTS: Readonly<Record<string, CrashPoint>> = {
  'before-manifest-removal': inMain(() => onGroup(/nothing keeps the manifest/, here)),
  'before-release': inMain(() => onGroup(RELEASE, here)),
  'after-release': dieAfterCommit(RELEASE),
  /** No repository has the blob any more. */
  'before-leaving': inMain(() => onGroup(LEAVING, here)),
  'after-leaving': dieAfterCommit(LEAVING),
  'before-unlink': inMain(() =>
    around(fileSystem, 'rm', (proceed, args) => {
      if (isBlob(args[0])) here();
      return proceed(...args);
    }),
  ),
  /** The file is gone, and its directory is not synced. */
  'after-unlink': inMain(() =>
    around(fileSystem, 'rm', async (proceed, args) => {
      await proceed(...args);
      if (isBlob(args[0])) here();
    }),
  ),
  'before-row-removal': inMain(() => onGroup(ROW_REMOVAL, here)),
  'after-row-removal': dieAfterCommit(ROW_REMOVAL),
};

/** Places in what else an operator has done while clients work. */
export const OPERATION_POINTS: Readonly<Record<string, CrashPoint>> = {
  'mid-replay': inMain(() =>
    onOwnSocket('write', (chunk) => {
      if (String(chunk).includes('Herald-Replay')) setImmediate(here);
    }),
  ),
  'before-replay-progress': inMain(() => onGroup(/UPDATE replay_jobs SET state = CASE/, here)),
  /** The copy of the database has its name, and the list of blobs has not. */
  'mid-backup': inMain(() =>
    around(fileSystem, 'rename', (proceed, args) => {
      if (String(args[0]).endsWith('blobs.tsv.partial')) here();
      return proceed(...args);
    }),
  ),
};

if (name !== '') {
  const point = { ...CRASH_POINTS, ...COLLECTION_POINTS, ...OPERATION_POINTS }[name];
  if (point === undefined) throw new Error(`there is no crash point ${name}`);
  if ((point.thread === 'main') === isMainThread) await point.install();
}
