import type { SQLInputValue } from 'node:sqlite';
import type { DiskRefusal } from '../disk/system-refusal.ts';
import type { CommitOutcome, Step } from '../write-batch.ts';
import { failureOf, type Failure } from './failure.ts';
import type { WriterConnection } from './writer-connection.ts';

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
 *
 * After an I/O error the connection is never used again. Where the disk itself says that it is full or read-only, the next group gets
 * a new one; any other I/O error, and every one of a sync, breaks it for good.
 */
export class GroupCommit {
  readonly #connection: WriterConnection;
  readonly #askDisk: () => DiskRefusal | undefined;
  #broken = false;

  /** @param askDisk writes really, and says what the disk refused it for */
  constructor(connection: WriterConnection, askDisk: () => DiskRefusal | undefined) {
    this.#connection = connection;
    this.#askDisk = askDisk;
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
      this.#connection.run('BEGIN IMMEDIATE');
      const results: BatchResult[] = [];
      for (const batch of group) {
        const result = this.#savepoint(batch);
        if (!this.#connection.isTransaction) {
          return this.#lost('failure' in result ? result.failure : TRANSACTION_LOST);
        }
        results.push(result);
      }
      this.#connection.run('COMMIT');
      return { results };
    } catch (error) {
      return this.#lost(failureOf(error));
    }
  }

  #lost(failure: Failure): Attempt {
    this.#connection.rollback();
    const lost = this.#judged(failure);
    this.#broken = lost.code === 'IO' || lost.code === 'CORRUPT';
    // SQLite opens a file that cannot be written for reading alone, and stays at that.
    if (failure.code === 'IO' || lost.code === 'READ_ONLY') this.#connection.discard();
    // What is in the database already need not stay in the log: its place can be written again.
    else if (lost.code === 'FULL') this.#connection.checkpoint();
    return { lost };
  }

  #judged(failure: Failure): Failure {
    const refusal = failure.doubtful === true ? this.#askDisk() : undefined;
    if (refusal === undefined) return failure;
    return { code: refusal === 'full' ? 'FULL' : 'READ_ONLY', message: failure.message };
  }

  #savepoint(batch: readonly Step[]): BatchResult {
    this.#connection.run('SAVEPOINT batch');
    try {
      const precondition = this.#firstBroken(batch);
      if (precondition === undefined) {
        this.#connection.run('RELEASE batch');
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
      const statement = this.#connection.statement(sql);
      const values = params as SQLInputValue[];
      const rows =
        kind === 'run' ? Number(statement.run(...values).changes) : statement.all(...values).length;
      if (expects !== undefined && expects.rows !== rows) return expects.precondition;
    }
    return undefined;
  }

  #undo(): void {
    this.#connection.run('ROLLBACK TO batch');
    this.#connection.run('RELEASE batch');
  }
}

function failed(failure: Failure): BatchResult {
  return { committed: false, failure };
}
