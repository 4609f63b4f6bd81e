import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CommitOutcome, Step } from '../write-batch.ts';
import { failureOf, type Failure } from './failure.ts';

/** What became of one batch of a group. */
export type BatchResult = CommitOutcome | { readonly committed: false; readonly failure: Failure };

/** Either every batch of the group has a result, or the transaction was lost and nothing of it is in the database. */
type Attempt = { readonly results: BatchResult[] } | { readonly lost: Failure };

const TRANSACTION_LOST: Failure = { code: 'IO', message: 'the transaction ended by itself' };

/**
 * Commits groups of batches on one connection: a transaction for the group, a savepoint for each batch, one fsync for all.
 *
 * The rule after any error is to look whether the transaction still exists. A statement that is merely wrong leaves it open, and only
 * its batch is undone. `SQLITE_FULL`, I/O errors and their kind roll the *whole* transaction back, savepoints that had succeeded
 * included, and further statements would commit one by one: then nobody of the group is answered yes, and the innocent run again,
 * each in a transaction of its own, so that the one that fails can be told apart.
 */
export class GroupCommit {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #broken = false;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /** True after an I/O error: what the file holds is for the next start to find out, and this connection must not touch it again. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Results in the order of the batches. Never throws for what a batch or the disk did. */
  commit(group: readonly (readonly Step[])[]): BatchResult[] {
    const attempt = this.#attempt(group);
    if ('results' in attempt) return attempt.results;
    if (group.length === 1 || this.#broken) return group.map(() => failed(attempt.lost));
    return group.flatMap((batch) => (this.#broken ? [failed(attempt.lost)] : this.commit([batch])));
  }

  #attempt(group: readonly (readonly Step[])[]): Attempt {
    try {
      this.#exec('BEGIN IMMEDIATE');
      const results: BatchResult[] = [];
      for (const batch of group) {
        const result = this.#savepoint(batch);
        if (!this.#connection.isTransaction) {
          return this.#lost('failure' in result ? result.failure : TRANSACTION_LOST);
        }
        results.push(result);
      }
      this.#exec('COMMIT');
      return { results };
    } catch (error) {
      return this.#lost(failureOf(error));
    }
  }

  #lost(failure: Failure): Attempt {
    if (this.#connection.isTransaction) this.#rollback();
    this.#broken = failure.code === 'IO' || failure.code === 'CORRUPT';
    return { lost: failure };
  }

  #savepoint(batch: readonly Step[]): BatchResult {
    this.#exec('SAVEPOINT batch');
    try {
      const precondition = this.#firstBroken(batch);
      if (precondition === undefined) {
        this.#exec('RELEASE batch');
        return { committed: true };
      }
      this.#undo();
      return { committed: false, precondition };
    } catch (error) {
      const failure = failureOf(error);
      if (this.#connection.isTransaction) this.#undo();
      return { committed: false, failure };
    }
  }

  #firstBroken(batch: readonly Step[]): string | undefined {
    for (const { kind, sql, params, expects } of batch) {
      const statement = this.#statement(sql);
      const values = params as SQLInputValue[];
      const rows =
        kind === 'run' ? Number(statement.run(...values).changes) : statement.all(...values).length;
      if (expects !== undefined && expects.rows !== rows) return expects.precondition;
    }
    return undefined;
  }

  #undo(): void {
    this.#exec('ROLLBACK TO batch');
    this.#exec('RELEASE batch');
  }

  #rollback(): void {
    try {
      this.#connection.exec('ROLLBACK');
    } catch {
      // The rollback of a broken connection fails too; isTransaction says afterwards what is left of it.
    }
  }

  #exec(sql: string): void {
    this.#statement(sql).run();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function failed(failure: Failure): BatchResult {
  return { committed: false, failure };
}
