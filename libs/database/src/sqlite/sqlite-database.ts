import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Database, type Row } from '../database.js';
import { DatabaseError } from '../database.error.js';
import { UnwatchedDisk, type Disk } from '../disk/disk.js';
import { makeDurableDirectory } from '../disk/durable-directory.js';
import { probeBeside, probeDisk, removeProbe } from '../disk/probe.js';
import { refusalOfSystem } from '../disk/system-refusal.js';
import type { Migration } from '../migration.js';
import { WriteBatch, type CommitOutcome, type Value } from '../write-batch.js';
import { openReader, openWriter } from './connection.js';
import { failureOf } from './failure.js';
import { FileLock } from './file-lock.js';
import { migrate } from './migrate.js';
import { Query } from './query.js';
import { finishReplacement, type Replacement } from './replacement.js';
import { Writer } from './writer.js';

/** Where the file lies, what its tables are, and whom to tell when nothing can be written any more. */
export interface SqliteOptions {
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly onWriterDeath: (error: Error) => void;
  /** Told, in words, when a restore was killed and is finished now. */
  readonly onRestoreFinished?: (said: string) => void;
  /** Says what may be tried when the disk is full. By default everything. */
  readonly disk?: Disk;
}

/** Writes a page, and changes nothing. */
const PROOF = 'UPDATE schema_versions SET version = version';

/** {@link Database} in one SQLite file: reads on this thread by a connection of their own, writes by the writer's thread. */
export class SqliteDatabase extends Database {
  readonly #reader: DatabaseSync;
  readonly #writer: Writer;
  readonly #queries = new Map<string, Query>();
  #closed = false;

  private constructor(
    path: string,
    onWriterDeath: SqliteOptions['onWriterDeath'],
    private readonly disk: Disk,
    private readonly lock: FileLock,
  ) {
    super();
    this.#reader = openReader(path);
    this.#writer = new Writer(path, onWriterDeath);
    disk.proveBy(() => this.#writer.commit(new WriteBatch('progress').run(PROOF)));
  }

  /**
   * Opens or creates the file, recovers what a crash left, and brings the schema forward. On a full disk that takes some of the reserve.
   * The file is this process' then, by a lock on another one beside it: what an application keeps of it in memory must be true.
   *
   * @throws DatabaseError `IN_USE` when another process has it, and what SQLite fails with
   */
  static open(options: SqliteOptions): SqliteDatabase {
    const { disk = new UnwatchedDisk() } = options;
    for (const purpose of ['progress', 'retention'] as const) {
      try {
        return SqliteDatabase.#attempt(options, disk);
      } catch (error) {
        if (disk.refused(error) !== 'full' || !disk.makeRoom(purpose)) throw error;
      }
    }
    return SqliteDatabase.#attempt(options, disk);
  }

  static #attempt(options: SqliteOptions, disk: Disk): SqliteDatabase {
    const { path, migrations, onWriterDeath } = options;
    try {
      makeDurableDirectory(dirname(path));
      return SqliteDatabase.#locked(path, (lock) => {
        removeProbe(probeBeside(path));
        const replacement = finishReplacement(path);
        if (replacement !== undefined) options.onRestoreFinished?.(finished(replacement));
        const connection = openWriter(path);
        try {
          migrate(connection, migrations);
        } finally {
          connection.close();
        }
        return new SqliteDatabase(path, onWriterDeath, disk, lock);
      });
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      const { code, message, doubtful } = failureOf(error);
      const refusal = doubtful === true ? probeDisk(probeBeside(path)) : refusalOfSystem(error);
      const judged = refusal === undefined ? code : refusal === 'full' ? 'FULL' : 'READ_ONLY';
      throw new DatabaseError(judged, `the database ${path} cannot be opened: ${message}`, { cause: error });
    }
  }

  static #locked(path: string, open: (lock: FileLock) => SqliteDatabase): SqliteDatabase {
    const lock = FileLock.acquire(`${path}-lock`);
    if (lock === undefined)
      throw new DatabaseError('IN_USE', `the database ${path} is in use: one process at a time can have it`);
    try {
      return open(lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  // `async` turns what SQLite throws into a rejection, and keeps the port open for a database behind a socket.
  override async read<R extends Row = Row>(
    sql: string,
    params: readonly Value[] = [],
  ): Promise<readonly R[]> {
    if (this.#closed) throw new DatabaseError('CLOSED', 'the database is closed');
    try {
      return this.#query(sql).rows(params) as readonly R[];
    } catch (error) {
      const { code, message } = failureOf(error);
      throw new DatabaseError(code, message, { cause: error });
    }
  }

  override async commit(batch: WriteBatch): Promise<CommitOutcome> {
    const { disk } = this;
    if (!disk.admits(batch.purpose)) {
      throw new DatabaseError(disk.state === 'readonly' ? 'READ_ONLY' : 'FULL', disk.refusal ?? '');
    }
    try {
      return await this.#writer.commit(batch);
    } catch (error) {
      if (disk.refused(error) !== 'full' || !disk.makeRoom(batch.purpose)) throw error;
      return this.#writer.commit(batch);
    }
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // First, because the last one to close takes the write-ahead log into the file, and one that only reads cannot.
    this.#reader.close();
    await this.#writer.close();
    this.lock.release();
  }

  #query(sql: string): Query {
    let query = this.#queries.get(sql);
    if (query === undefined) {
      query = new Query(this.#reader, sql);
      this.#queries.set(sql, query);
    }
    return query;
  }
}

function finished({ aside }: Replacement): string {
  const before = aside === undefined ? '' : `: what was there before is ${aside} now`;
  return `finished a restore that had been interrupted${before}`;
}
