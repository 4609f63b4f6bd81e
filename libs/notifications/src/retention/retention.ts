import { setImmediate as nextTurn } from 'node:timers/promises';
import { WriteBatch, type Database, type Row } from '@herald/database';

/** How much of the log is kept for replays when everybody has it. 0 sets no limit. */
export interface RetentionLimits {
  readonly ageMs: number;
  /** Bytes of events. */
  readonly sizeBytes: number;
}

export interface RetentionRun {
  readonly removed: number;
  /** Bytes of events that the log has afterwards. */
  readonly sizeBytes: number;
  /** Endpoints that were cut off from events which were removed: of their dead letters, these cannot be sent again. */
  readonly missedBy: readonly string[];
  /** An endpoint that keeps the log above its size, because it has still to receive what would go next. */
  readonly heldBy?: string;
}

/** Events that one batch removed. */
interface Slice {
  readonly count: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

interface Dated extends Row {
  readonly sequence: number;
  readonly time_ms: number;
}

/** Events that one batch removes: pushes wait that long for it, and no longer. */
const SLICE = 500;

/** Events whose sizes one read adds up. */
const COUNT_PAGE = 5_000;

/** Pages that one batch gives back to the file system. */
const VACUUM_PAGES = 200;

/**
 * The first event that somebody has still to receive, again or not, or that lies in dead letters; and who that is. An endpoint whose backlog reached
 * its bound holds nothing but what it has still to count: that is what the bound is for. Nor does the letter of one that was disabled.
 */
const NEEDS = `
  SELECT name AS endpoint, iif(overflowed_at_ms IS NULL, cursor, judged) + 1 AS sequence FROM endpoints
  UNION ALL SELECT endpoint, min(sequence) FROM lane_exceptions GROUP BY endpoint
  UNION ALL SELECT endpoint, min(sequence) FROM lane_backlog GROUP BY endpoint
  UNION ALL SELECT endpoint, min(first_sequence) FROM dead_letters WHERE reason NOT IN ('overflow', 'disabled') GROUP BY endpoint
  UNION ALL SELECT endpoint, min(cursor) + 1 FROM replay_jobs WHERE state IN ('waiting', 'running') GROUP BY endpoint`;

/**
 * Removes from the log's beginning what is too old, or too much, and nothing from which an endpoint has still to receive an event,
 * nor anything that a replay has still to send, be the endpoint configured, paused, retired or detached. Works in slices, so that nobody waits for it.
 */
export class Retention {
  #countedUpTo = 0;
  /** Everything up to here is too old, whatever its date says. */
  #oldUpTo = 0;
  /** The log has nothing but dates in the future from some event on up to this one. */
  #aheadUpTo = 0;
  #sizeBytes = 0;

  constructor(private readonly database: Database) {}

  /**
   * One run. `stopped` is asked before each slice.
   *
   * @param nowMs ms since 1970
   * @throws DatabaseError
   */
  async run(limits: RetentionLimits, nowMs: number, stopped: () => boolean): Promise<RetentionRun> {
    await this.#count(stopped);
    let removed = 0;
    const missedBy = new Set<string>();
    while (!stopped()) {
      const slice = await this.#slice(limits, nowMs);
      if (slice === undefined) break;
      removed += slice.count;
      for (const endpoint of await this.#missedBy(slice)) missedBy.add(endpoint);
      await nextTurn();
    }
    if (removed > 0) await this.#vacuum(stopped);
    const over = limits.sizeBytes > 0 && this.#sizeBytes > limits.sizeBytes;
    const heldBy = over && !stopped() ? await this.#holder() : undefined;
    const found = { removed, sizeBytes: this.#sizeBytes, missedBy: [...missedBy] };
    return heldBy === undefined ? found : { ...found, heldBy };
  }

  async #count(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const [row] = await this.database.read<{ last: number | null; bytes: number | null }>(
        `SELECT max(sequence) AS last, sum(size_bytes) AS bytes
         FROM (SELECT sequence, size_bytes FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?)`,
        [this.#countedUpTo, COUNT_PAGE],
      );
      if (row === undefined || row.last === null) return;
      this.#countedUpTo = row.last;
      this.#sizeBytes += row.bytes ?? 0;
      await nextTurn();
    }
  }

  async #slice({ ageMs, sizeBytes }: RetentionLimits, nowMs: number): Promise<Slice | undefined> {
    const rows = await this.database.read<Dated & { size_bytes: number }>(
      `SELECT sequence, time_ms, size_bytes FROM events
       WHERE sequence < coalesce((SELECT min(sequence) FROM (${NEEDS})), ?1 + 1) AND sequence <= ?1
       ORDER BY sequence LIMIT ?2`,
      [this.#countedUpTo, SLICE],
    );
    let freedBytes = 0;
    let count = 0;
    for (const row of rows) {
      const old = ageMs > 0 && (await this.#isOld(row, nowMs - ageMs, nowMs));
      const tooMuch = sizeBytes > 0 && this.#sizeBytes - freedBytes > sizeBytes;
      if (!old && !tooMuch) break;
      freedBytes += row.size_bytes;
      count += 1;
    }
    const [first, last] = [rows[0], rows[count - 1]];
    if (first === undefined || last === undefined) return undefined;
    const batch = new WriteBatch('retention')
      .require(
        'nobody needs them',
        `SELECT 1 FROM (${NEEDS}) WHERE sequence <= ? LIMIT 1`,
        [last.sequence],
        0,
      )
      .run('DELETE FROM events WHERE sequence <= ?', [last.sequence]);
    const { committed } = await this.database.commit(batch);
    if (!committed) return undefined;
    this.#sizeBytes -= freedBytes;
    return { count, firstSequence: first.sequence, lastSequence: last.sequence };
  }

  /** An event of the future has a wrong date, and must not keep all that came after it: it is as old as the next one that has none. */
  async #isOld(event: Dated, beforeMs: number, nowMs: number): Promise<boolean> {
    if (event.time_ms < beforeMs || event.sequence <= this.#oldUpTo) return true;
    if (event.time_ms <= nowMs) return false;
    const next = await this.#nextCredible(event.sequence, nowMs);
    if (next === undefined || next.time_ms >= beforeMs) return false;
    this.#oldUpTo = next.sequence;
    return true;
  }

  /** The first event after one of the future that has a date which may be true. What was looked at once is passed over. */
  async #nextCredible(after: number, nowMs: number): Promise<Dated | undefined> {
    for (;;) {
      const rows = await this.database.read<Dated>(
        'SELECT sequence, time_ms FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?',
        [Math.max(after, this.#aheadUpTo), COUNT_PAGE],
      );
      const last = rows.at(-1);
      const credible = rows.find((row) => row.time_ms <= nowMs);
      if (last === undefined || credible !== undefined) return credible;
      this.#aheadUpTo = last.sequence;
      await nextTurn();
    }
  }

  /** Who was cut off from some of what was removed: their dead letters, and what is still to join these, hold nothing of the log. */
  async #missedBy({ firstSequence, lastSequence }: Slice): Promise<readonly string[]> {
    const rows = await this.database.read<{ endpoint: string }>(
      `SELECT endpoint FROM dead_letters
       WHERE reason IN ('overflow', 'disabled') AND first_sequence <= ?2 AND last_sequence >= ?1
       UNION SELECT name FROM endpoints WHERE overflowed_at_ms IS NOT NULL AND cursor < ?2 AND judged >= ?1`,
      [firstSequence, lastSequence],
    );
    return rows.map(({ endpoint }) => endpoint);
  }

  async #holder(): Promise<string | undefined> {
    const [row] = await this.database.read<{ endpoint: string }>(`${NEEDS} ORDER BY sequence LIMIT 1`);
    return row?.endpoint;
  }

  /** Gives the pages that fell free back to the file system. SQLite alone has such a thing. */
  async #vacuum(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const [row] = await this.database.read<{ pages: number }>(
        'SELECT freelist_count AS pages FROM pragma_freelist_count',
      );
      const pages = Math.min(row?.pages ?? 0, VACUUM_PAGES);
      if (pages === 0) return;
      const batch = new WriteBatch('retention');
      // A statement that is not asked for its rows gives back one page, whatever number stands there.
      for (let page = 0; page < pages; page += 1) batch.run('PRAGMA incremental_vacuum(1)');
      await this.database.commit(batch);
      await nextTurn();
    }
  }
}
