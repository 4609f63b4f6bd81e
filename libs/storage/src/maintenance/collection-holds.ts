import { Injectable } from '@nestjs/common';
import { Database, WriteBatch } from '@herald/database';
import { StorageClock } from './storage-clock.js';

/** Nobody may need a hold for longer, in ms: one that was forgotten must not keep every blob for ever. */
const LONGEST_MS = 30 * 24 * 3_600_000;

/**
 * Keeps garbage collection from removing anything for a while: a backup's list of blobs stays true until they are copied. Holds are
 * durable, have names, and end by themselves.
 */
@Injectable()
export class CollectionHolds {
  constructor(
    private readonly database: Database,
    private readonly clock: StorageClock,
  ) {}

  /**
   * Nothing is collected from when this resolves, for `durationMs` (at most 30 days). A hold of the same name is replaced.
   *
   * @returns when it ends, in ms since 1970 @throws DatabaseError
   */
  async hold(name: string, durationMs: number): Promise<number> {
    const untilMs = Math.trunc(this.clock.now() + Math.min(durationMs, LONGEST_MS));
    await this.database.commit(
      new WriteBatch('progress')
        .run('DELETE FROM collection_holds WHERE until_ms <= ?', [this.clock.now()])
        .run('INSERT OR REPLACE INTO collection_holds (name, until_ms) VALUES (?, ?)', [name, untilMs]),
    );
    return untilMs;
  }

  /** Ends a hold; that there is none is no fault. @throws DatabaseError */
  async release(name: string): Promise<void> {
    await this.database.commit(
      new WriteBatch('progress').run('DELETE FROM collection_holds WHERE name = ?', [name]),
    );
  }

  /** When the last of the holds ends, in ms since 1970; `undefined` when there is none. @throws DatabaseError */
  async heldUntilMs(): Promise<number | undefined> {
    const [row] = await this.database.read<{ until_ms: number | null }>(
      'SELECT max(until_ms) AS until_ms FROM collection_holds WHERE until_ms > ?',
      [this.clock.now()],
    );
    return row?.until_ms ?? undefined;
  }

  /** Adds to a batch that removes content: it is committed only while nothing holds it. */
  requireNone(batch: WriteBatch): WriteBatch {
    const sql = 'SELECT 1 FROM collection_holds WHERE until_ms > ?';
    return batch.require('nothing holds collection', sql, [this.clock.now()], 0);
  }
}
