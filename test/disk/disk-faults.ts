/**
 * Gives the program the errors of a full disk, or of a file system that has become read-only, as long as a file says so. Node loads this
 * before the program (`--import`), in each of its threads. As on a real disk, what was taken can be read, removing makes room, and what
 * the reserve gives up can be written by the database. It is plain JavaScript with types that can be erased.
 */
import fileSystem, { readFileSync, statSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const control = String(process.env['DISK_FAULTS']);
const below = String(process.env['DISK_FAULTS_BELOW']);
const reserve = join(below, 'herald', 'reserve');

/** SQLite's codes for what the operating system refuses: FULL, and an I/O error of a write. */
const SQLITE_FULL = 13;
const SQLITE_IOERR_WRITE = 10 | (3 << 8);

const reserveBytes = Number(process.env['DISK_FAULTS_RESERVE']);

function state(): string {
  return readFileSync(control, 'utf8');
}

function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The reserve was given up in part since the disk was full: there is room for the little that the database writes. */
function gaveUp(): boolean {
  return lengthOf(reserve) < reserveBytes;
}

function systemError(): (Error & { code: string }) | undefined {
  const now = state();
  if (now === 'writable') return undefined;
  const [code, text] =
    now === 'full' ? ['ENOSPC', 'no space left on device'] : ['EROFS', 'read-only file system'];
  return Object.assign(new Error(`${code}: ${text}`), { code });
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

/** Refuses where `concerns` says that it is this disk that is written to. */
function refuse(owner: object, method: string, concerns: (args: unknown[]) => boolean): void {
  around(owner, method, (proceed, args) => {
    const error = concerns(args) ? systemError() : undefined;
    if (error !== undefined) throw error;
    return proceed(...args);
  });
}

const here = (path: unknown): boolean => String(path).startsWith(below);
const writes = ([path, flags]: unknown[]): boolean => here(path) && /[wa+]/.test(String(flags));

const handle = await promises.open(process.execPath);
await handle.close();
around(Object.getPrototypeOf(handle) as object, 'write', async (proceed, args) => {
  const error = systemError();
  if (error !== undefined) throw error;
  return proceed(...args);
});
around(promises, 'open', async (proceed, args) => {
  const error = writes(args) && state() === 'readonly' ? systemError() : undefined;
  if (error !== undefined) throw error;
  return proceed(...args);
});
around(promises, 'statfs', async (proceed, args) => {
  const figures = (await proceed(...args)) as { bavail: number };
  if (state() === 'full') figures.bavail = 0;
  return figures;
});
refuse(fileSystem, 'openSync', (args) => writes(args) && state() === 'readonly');
refuse(fileSystem, 'writeSync', () => true);
refuse(fileSystem, 'mkdirSync', ([path]) => here(path) && state() === 'readonly');
refuse(fileSystem, 'accessSync', ([path]) => here(path) && state() === 'readonly');

around(DatabaseSync.prototype, 'prepare', (proceed, args, connection) => {
  const statement = proceed(...args) as object;
  if (args[0] === 'COMMIT') {
    around(statement, 'run', (commit) => {
      const now = state();
      if (now === 'writable' || (now === 'full' && gaveUp())) return commit();
      (connection as DatabaseSync).exec('ROLLBACK');
      const errcode = now === 'full' ? SQLITE_FULL : SQLITE_IOERR_WRITE;
      throw Object.assign(new Error('the disk refuses'), { code: 'ERR_SQLITE_ERROR', errcode });
    });
  }
  return statement;
});
