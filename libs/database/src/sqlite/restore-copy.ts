import { constants, existsSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { makeDurableDirectory } from '../disk/durable-directory.js';
import type { Migration } from '../migration.js';
import type { Step } from '../write-batch.js';
import { failureOf } from './failure.js';
import { arrivingAt, finishReplacement, removeDatabase, replaceDatabase } from './replacement.js';

/** A copy of a database that is to be put where a database belongs. */
export interface RestoreRequest {
  /** The copy. It is read, and nothing beside it is written. */
  readonly from: string;
  /** Where the database belongs. Nobody may have it open. */
  readonly path: string;
  /** The libraries whose tables it has to have, none of them newer than these. */
  readonly migrations: readonly Migration[];
  /** What is changed in the restored database, so that whoever opens it knows what it is. */
  readonly marks: readonly Pick<Step, 'sql' | 'params'>[];
  /** What the files of a database that is there are called from then on; without it, one that is there is left alone. */
  readonly aside?: string;
}

/**
 * - `restored` the database is there, durably; `aside`: what was there before has that name now
 * - `occupied` a database is there, and was left alone
 * - `unfit` the copy is none of a sound database of this program; nothing was changed
 */
export type RestoreOutcome =
  | { readonly kind: 'restored'; readonly aside?: string }
  | { readonly kind: 'occupied' }
  | { readonly kind: 'unfit'; readonly reason: string };

/** What is copied of a copy that somebody has opened: without its log it would lack what that one wrote. */
const OPENED = ['-wal', '-journal'] as const;

/**
 * Puts a copy of a database in the place of one. It is copied beside that place first, checked there, and only then gets its name: what
 * was there before is whole until the copy is. Files of a write-ahead log that were left there belong to no database any more, and would
 * be taken for the restored one's: they are moved aside with the rest, or removed where there is no database. Whoever is killed at that
 * leaves it to the next restore, or to whoever opens the database next.
 *
 * @throws Error of the file system; what was there before is there still, or aside
 */
export async function restoreCopy(request: RestoreRequest): Promise<RestoreOutcome> {
  const { path, aside } = request;
  finishReplacement(path);
  if (existsSync(path) && aside === undefined) return { kind: 'occupied' };
  makeDurableDirectory(dirname(path));
  const reason = await arrive(request);
  if (reason !== undefined) return { kind: 'unfit', reason };
  return { kind: 'restored', ...replaceDatabase(path, existsSync(path) ? aside : undefined) };
}

/** Makes the copy, beside the place. @returns what is wrong with it */
async function arrive(request: RestoreRequest): Promise<string | undefined> {
  const { from, path } = request;
  const arriving = arrivingAt(path);
  let reason: string | undefined = 'it could not be copied';
  try {
    await copyFile(from, arriving, constants.COPYFILE_FICLONE);
    for (const suffix of OPENED)
      if (existsSync(`${from}${suffix}`)) await copyFile(`${from}${suffix}`, `${arriving}${suffix}`);
    reason = prepare(arriving, request);
    if (reason === undefined) await sync(arriving);
    return reason;
  } finally {
    if (reason !== undefined) removeDatabase(arriving);
  }
}

/** Makes it one file and marks it. @returns what is wrong with it */
function prepare(path: string, { migrations, marks }: RestoreRequest): string | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    const reason = faultOf(database, migrations);
    if (reason !== undefined) return reason;
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('BEGIN');
    for (const { sql, params } of marks) database.prepare(sql).run(...(params as SQLInputValue[]));
    database.exec('COMMIT');
    return undefined;
  } catch (error) {
    const { code, message } = failureOf(error);
    if (code === 'FULL' || code === 'READ_ONLY' || code === 'IO') throw error;
    return message;
  } finally {
    database?.close();
  }
}

function faultOf(database: DatabaseSync, migrations: readonly Migration[]): string | undefined {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') return `the database is damaged: ${String(found).replaceAll(/\s+/gu, ' ')}`;
  const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_versions'").all();
  if (tables.length === 0) return 'it is the database of another program';
  const rows = database.prepare('SELECT library, version FROM schema_versions').all();
  const versions = new Map(rows.map((row) => [String(row['library']), Number(row['version'])]));
  for (const library of new Set(migrations.map((migration) => migration.library))) {
    const own = migrations.filter((migration) => migration.library === library);
    const newest = Math.max(...own.map(({ version }) => version));
    const version = versions.get(library);
    if (version === undefined) return `it has no tables of ${library}`;
    if (version > newest)
      return `it has version ${version} of the ${library} schema and this program knows ${newest}: use the newer program`;
  }
  return undefined;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
