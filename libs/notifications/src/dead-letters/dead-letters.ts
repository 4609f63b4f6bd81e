import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Database, DatabaseError, WriteBatch, type Row } from '@herald/database';
import type { LogRecord } from '../event-log/log-record.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import type { EndpointSink } from '../sinks/endpoint-sink.js';
import { claimLetters, freeClaims, isClaim, type ClaimedLetter } from './claimed-letters.js';
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
export class DeadLetters implements OnModuleInit {
  readonly #logger = new Logger('DeadLetters');

  constructor(
    private readonly database: Database,
    private readonly progress: ProgressStore,
    private readonly broadcaster: Broadcaster,
  ) {}

  /** On a full disk it starts all the same: what stays claimed can be looked at, and is freed by a later start. */
  async onModuleInit(): Promise<void> {
    try {
      await freeClaims(this.database);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      this.#logger.warn(
        `dead letters that were being given up cannot be freed (${error.code}): the next start tries again`,
      );
    }
  }

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
  remove(endpoint: string, id: number): Promise<'removed' | 'unknown' | 'redriving'> {
    // Whoever delivers to the endpoint is told of it, or nobody does: not one that is about to be detached.
    return this.broadcaster.undisturbed(() => this.#remove(endpoint, id));
  }

  async #remove(endpoint: string, id: number): Promise<'removed' | 'unknown' | 'redriving'> {
    const [row] = await this.database.read<LetterRow>(
      'SELECT * FROM dead_letters WHERE endpoint = ? AND id = ?',
      [endpoint, id],
    );
    if (row === undefined || isClaim(row.redrive)) return 'unknown';
    const sink = this.broadcaster.find(endpoint);
    if (sink === undefined) return this.#removeStored(endpoint, row);
    const claimed = await claimLetters(this.database, endpoint, { id });
    // A replay has it, or came first.
    if (claimed.length === 0) return 'redriving';
    await this.#giveUp(sink, claimed, 'operator');
    return 'removed';
  }

  /**
   * Gives up letters that became ones before a moment, at most `limit` of them, and none that is being sent again; none of an endpoint
   * that is configured and enabled no more.
   *
   * @param beforeMs ms since 1970
   * @throws DatabaseError
   */
  removeOlder(endpoint: string, beforeMs: number, limit: number): Promise<RemovedLetters> {
    return this.broadcaster.undisturbed(async () => {
      const sink = this.broadcaster.find(endpoint);
      if (sink === undefined) return { letters: 0, events: 0 };
      const old = await claimLetters(this.database, endpoint, { beforeMs, limit });
      await this.#giveUp(sink, old, 'age');
      return { letters: old.length, events: eventsIn(old) };
    });
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

  async #giveUp(
    sink: EndpointSink,
    letters: readonly ClaimedLetter[],
    why: 'operator' | 'age',
  ): Promise<void> {
    if (letters.length === 0) return;
    sink.lettersGone(
      letters.map(({ id }) => id),
      eventsIn(letters),
      why,
    );
    await this.progress.flush();
  }
}

function eventsIn(letters: readonly ClaimedLetter[]): number {
  return letters.reduce((sum, { count }) => sum + count, 0);
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
    ...(row.redrive !== null && !isClaim(row.redrive) && { redrive: row.redrive }),
  };
}
