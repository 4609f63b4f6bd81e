import { Injectable } from '@nestjs/common';
import { Database, WriteBatch, type Row } from '@herald/database';
import type { LogRecord } from '../event-log/log-record.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import type { EndpointSink } from '../sinks/endpoint-sink.js';
import type { DatedLetter } from './letter-rows.js';

/** A dead letter as it lies in the database. */
export type StoredLetter = DatedLetter & {
  readonly id: number;
  /** The replay that sends it again; undefined while nobody asked for that. */
  readonly redrive?: string;
};

/** Letters that lie there no more. */
export interface RemovedLetters {
  readonly letters: number;
  readonly events: number;
}

interface LetterRow extends Row {
  readonly id: number;
  readonly lane: string | null;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly count: number;
  readonly event_id: string | null;
  readonly reason: DatedLetter['reason'];
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_answer: string | null;
  readonly at_ms: number;
  readonly redrive: string | null;
}

/** What endpoints did not take, for operators: to look at, and to give up. `Replays` sends it again. */
@Injectable()
export class DeadLetters {
  /** Letters that are being removed: nobody may count them as gone twice. */
  readonly #removing = new Set<number>();

  constructor(
    private readonly database: Database,
    private readonly progress: ProgressStore,
    private readonly broadcaster: Broadcaster,
  ) {}

  /** Letters of an endpoint, be it configured, detached or disabled, after an id. @throws DatabaseError */
  async page(endpoint: string, after: number, limit: number): Promise<readonly StoredLetter[]> {
    const rows = await this.database.read<LetterRow>(
      'SELECT * FROM dead_letters WHERE endpoint = ? AND id > ? ORDER BY id LIMIT ?',
      [endpoint, after, limit],
    );
    return rows.map(letterOf);
  }

  /** Of the endpoints that have an event among their dead letters, the letter's id. @throws DatabaseError */
  async ofEvent({ id, sequence }: LogRecord): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.read<{ endpoint: string; id: number }>(
      `SELECT endpoint, id FROM dead_letters WHERE event_id = ?1
       UNION ALL SELECT endpoint, id FROM dead_letters
         WHERE event_id IS NULL AND first_sequence <= ?2 AND last_sequence >= ?2
           AND (listed_up_to < ?2 OR EXISTS (SELECT 1 FROM dead_letter_events WHERE letter = dead_letters.id AND sequence = ?2))`,
      [id, sequence],
    );
    return new Map(rows.map((row) => [row.endpoint, row.id]));
  }

  /**
   * Gives a letter up: it is removed, and its events will never be sent. Also one of an endpoint that is detached or disabled.
   *
   * @returns `unknown` when the endpoint has no such letter, `redriving` when it is being sent again
   * @throws DatabaseError
   */
  async remove(endpoint: string, id: number): Promise<'removed' | 'unknown' | 'redriving'> {
    const sink = this.broadcaster.endpoints.find(({ name }) => name === endpoint);
    const [row] = await this.database.read<LetterRow>(
      'SELECT * FROM dead_letters WHERE endpoint = ? AND id = ?',
      [endpoint, id],
    );
    if (row === undefined || this.#removing.has(id)) return 'unknown';
    if (sink === undefined) return this.#removeStored(endpoint, row);
    if (row.redrive !== null) return 'redriving';
    await this.#giveUp(sink, [row]);
    return 'removed';
  }

  /**
   * Gives up letters that became ones before a moment, at most `limit` of them, and none that is being sent again.
   *
   * @param beforeMs ms since 1970
   * @throws NotificationsError `ENDPOINT_UNKNOWN`; DatabaseError
   */
  async removeOlder(endpoint: string, beforeMs: number, limit: number): Promise<RemovedLetters> {
    const sink = this.broadcaster.endpoint(endpoint);
    const rows = await this.database.read<LetterRow>(
      'SELECT * FROM dead_letters WHERE endpoint = ? AND at_ms < ? AND redrive IS NULL ORDER BY id LIMIT ?',
      [endpoint, beforeMs, limit],
    );
    const old = rows.filter(({ id }) => !this.#removing.has(id));
    await this.#giveUp(sink, old);
    return { letters: old.length, events: old.reduce((sum, { count }) => sum + count, 0) };
  }

  /** Nobody delivers to the endpoint: what is stored is all there is of it, and nothing is being sent again. */
  async #removeStored(endpoint: string, { id, count }: LetterRow): Promise<'removed' | 'unknown'> {
    const { committed } = await this.database.commit(
      new WriteBatch('progress')
        .require('the letter is there', 'SELECT 1 FROM dead_letters WHERE id = ?', [id])
        .run('DELETE FROM dead_letters WHERE id = ?', [id])
        .run('DELETE FROM dead_letter_events WHERE letter = ?', [id])
        .run('UPDATE endpoints SET dead = max(dead - ?, 0) WHERE name = ?', [count, endpoint]),
    );
    return committed ? 'removed' : 'unknown';
  }

  async #giveUp(sink: EndpointSink, rows: readonly LetterRow[]): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    for (const id of ids) this.#removing.add(id);
    try {
      const events = rows.reduce((sum, { count }) => sum + count, 0);
      sink.lettersGone(ids, events, 'given-up');
      await this.progress.flush();
    } finally {
      for (const id of ids) this.#removing.delete(id);
    }
  }
}

function letterOf(row: LetterRow): StoredLetter {
  return {
    id: row.id,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    count: row.count,
    reason: row.reason,
    attempts: row.attempts,
    atMs: row.at_ms,
    ...(row.lane !== null && { lane: row.lane }),
    ...(row.event_id !== null && { eventId: row.event_id }),
    ...(row.last_status !== null && { lastStatus: row.last_status }),
    ...(row.last_answer !== null && { lastAnswer: row.last_answer }),
    ...(row.redrive !== null && { redrive: row.redrive }),
  };
}
