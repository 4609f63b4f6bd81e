import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Database, type Row } from '../database.js';
import { DatabaseError } from '../database.error.js';
import type { Migration } from '../migration.js';
import type { CommitOutcome, Value, WriteBatch } from '../write-batch.js';
import { openReader, openWriter } from './connection.js';
import { failureOf } from './failure.js';
import { migrate } from './migrate.js';
import { Writer } from './writer.js';

/** Where the file lies, what its tables are, and whom to tell when nothing can be written any more. */
export interface SqliteOptions {
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly onWriterDeath: (error: Error) => void;
}

/** {@link Database} in one SQLite file: reads on this thread by a connection of their own, writes by the writer's thread. */
export class SqliteDatabase extends Database {
  readonly #reader: DatabaseSync;
  readonly #writer: Writer;
  readonly #statements = new Map<string, StatementSync>();
  #closed = false;

  private constructor(reader: DatabaseSync, writer: Writer) {
    super();
    this.#reader = reader;
    this.#writer = writer;
  }

  /** Opens or creates the file, recovers what a crash left, and brings the schema forward. */
  static open(options: SqliteOptions): SqliteDatabase {
    try {
      mkdirSync(dirname(options.path), { recursive: true });
      const connection = openWriter(options.path);
      try {
        migrate(connection, options.migrations);
      } finally {
        connection.close();
      }
      return new SqliteDatabase(openReader(options.path), new Writer(options.path, options.onWriterDeath));
    } catch (error) {
      if (error instanceof DatabaseError) throw error;
      const { code, message } = failureOf(error);
      throw new DatabaseError(code, `the database ${options.path} cannot be opened: ${message}`, {
        cause: error,
      });
    }
  }

  // `async` turns what SQLite throws into a rejection, and keeps the port open for a database behind a socket.
  override async read<R extends Row = Row>(
    sql: string,
    params: readonly Value[] = [],
  ): Promise<readonly R[]> {
    if (this.#closed) throw new DatabaseError('CLOSED', 'the database is closed');
    try {
      return this.#statement(sql).all(...(params as SQLInputValue[])) as unknown as readonly R[];
    } catch (error) {
      const { code, message } = failureOf(error);
      throw new DatabaseError(code, message, { cause: error });
    }
  }

  override commit(batch: WriteBatch): Promise<CommitOutcome> {
    return this.#writer.commit(batch);
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    await this.#writer.close();
    this.#closed = true;
    this.#reader.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#reader.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
