import type { CommitOutcome, Value, WriteBatch } from './write-batch.js';

/** A row by column name. */
export type Row = Readonly<Record<string, Value>>;

/**
 * The one handle for the metadata: repositories, manifests, events and deliveries are rows of the same database, so that a change
 * and its event can be one transaction.
 */
export abstract class Database {
  /**
   * The rows of a query, all read before it resolves: no statement stays open across an `await`. Sees every batch whose commit
   * resolved before the call. Never waits for the writer. Long results go by key, in pages.
   *
   * @throws DatabaseError
   */
  abstract read<R extends Row = Row>(sql: string, params?: readonly Value[]): Promise<readonly R[]>;

  /**
   * Commits a batch. When it resolves with `committed: true`, the batch is on stable storage and visible to every read. Batches
   * are committed in the order of the calls; those that wait at the same moment share one transaction and one fsync, each in a
   * savepoint of its own, so that one that fails undoes itself alone.
   *
   * @throws DatabaseError `OVERLOADED` when too many batches wait, `FULL`, `READ_ONLY`, `IO`, `CLOSED`; nothing was committed then,
   * except after `IO` and `CLOSED`, where the next start finds out.
   */
  abstract commit(batch: WriteBatch): Promise<CommitOutcome>;

  /** Finishes what is waiting and closes. Later calls are refused with `CLOSED`. */
  abstract close(): Promise<void>;
}
