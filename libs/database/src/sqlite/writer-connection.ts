import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The writer's connection with its prepared statements. It may be discarded; the next use opens a new one. */
export class WriterConnection {
  readonly #open: () => DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #connection: DatabaseSync | undefined;

  /** @param open called at once, and after each {@link discard} */
  constructor(open: () => DatabaseSync) {
    this.#open = open;
    this.#connection = open();
  }

  get isTransaction(): boolean {
    return this.#connection?.isTransaction === true;
  }

  run(sql: string): void {
    this.statement(sql).run();
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      this.#connection ??= this.#open();
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Undoes a transaction that is still there. */
  rollback(): void {
    if (!this.isTransaction) return;
    try {
      this.#connection?.exec('ROLLBACK');
    } catch {
      // The rollback of a broken connection fails too; isTransaction says afterwards what is left of it.
    }
  }

  /** Moves what it can from the log into the database, so that the log's room can be used again. Waits for nobody. */
  checkpoint(): void {
    try {
      this.#connection?.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // The database's file may have to grow for that, and cannot.
    }
  }

  /** This connection is not used again. */
  discard(): void {
    this.#statements.clear();
    const connection = this.#connection;
    this.#connection = undefined;
    try {
      connection?.close();
    } catch {
      // What it could not finish, the next one recovers.
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection?.close();
  }
}
