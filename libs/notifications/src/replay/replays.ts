import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database, WriteBatch } from '@herald/database';
import { Clock } from '../delivery/clock.js';
import { EventLog } from '../event-log/event-log.js';
import { NotificationsError } from '../notifications.error.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import { EventsSource } from './events-source.js';
import { estimateLetters } from './letters-estimate.js';
import {
  NO_COUNTS,
  type EventsToReplay,
  type ReplayEstimate,
  type ReplayJob,
  type ReplayRequest,
} from './replay-job.js';
import { checkedReplay } from './replay-request.js';
import {
  cancelReplay,
  forgetEndedReplays,
  freeLetters,
  openReplays,
  replayById,
  replayPage,
  writeLettersReplay,
  writeReplay,
  type Stretch,
} from './replay-rows.js';

/** Jobs of one endpoint that may wait at once. */
const MOST_OPEN = 100;

/** Jobs of one endpoint that are remembered after they ended. */
const ENDED_KEPT = 100;

/** Records that one turn looks at. */
const PAGE = 512;

/**
 * Replays: events that are sent to an endpoint again, by their ids, by a stretch of the log, by what describes them, or out of its dead
 * letters. Each is a durable job with a cursor of its own, which a restart goes on with; the endpoints work on theirs one after another,
 * behind their live events. The log keeps what a job has still to send.
 */
@Injectable()
export class Replays {
  constructor(
    private readonly database: Database,
    private readonly broadcaster: Broadcaster,
    private readonly log: EventLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Starts a job. Durable when it resolves.
   *
   * @returns undefined when there is nothing to send: no dead letter that nobody sends again already
   * @throws NotificationsError `ENDPOINT_UNKNOWN`, `REPLAY_INVALID`; DatabaseError
   */
  async start(endpoint: string, request: ReplayRequest): Promise<ReplayJob | undefined> {
    const { selection, rate } = checkedReplay(request);
    const sink = this.broadcaster.endpoint(endpoint);
    if (sink.metrics.state === 'disabled')
      throw new NotificationsError('REPLAY_INVALID', 'the endpoint is disabled: enable it first');
    if ((await openReplays(this.database, endpoint)) >= MOST_OPEN)
      throw new NotificationsError(
        'REPLAY_INVALID',
        `${MOST_OPEN} replays of the endpoint wait already: cancel some`,
      );
    const job = {
      id: randomUUID(),
      endpoint,
      selection,
      createdAtMs: this.clock.now(),
      ...(rate && { rate }),
    };
    const batch = new WriteBatch('progress');
    forgetEndedReplays(batch, endpoint, ENDED_KEPT);
    if (selection.kind === 'dead-letters') {
      writeLettersReplay(batch, job, selection.letters);
    } else {
      writeReplay(batch, job, await this.#stretch(selection));
    }
    batch.afterCommit(() => sink.replayAsked());
    const { committed } = await this.database.commit(batch);
    return committed ? this.byId(job.id) : undefined;
  }

  /**
   * Counts what a job would send now, and writes nothing. The log is read in pages, a page a turn.
   *
   * @throws as {@link start}
   */
  async estimate(endpoint: string, request: ReplayRequest): Promise<ReplayEstimate> {
    const { selection } = checkedReplay(request);
    const { wants } = this.broadcaster.endpoint(endpoint);
    const tools = { log: this.log, database: this.database, wants, carries: wants };
    if (selection.kind === 'dead-letters')
      return estimateLetters(tools, { endpoint, letters: selection.letters }, await this.#oldest());
    const { firstSequence, lastSequence, gone } = await this.#stretch(selection);
    const source = new EventsSource(selection, lastSequence, tools);
    let events = 0;
    for (let after = firstSequence - 1; after < lastSequence; await nextTurn()) {
      const page = await source.read(after, lastSequence, PAGE);
      events += page.entries.length;
      after = page.upTo;
    }
    return { events, gone };
  }

  /** Ends a job. What is in flight is finished. Durable when it resolves. @throws DatabaseError */
  async cancel(id: string): Promise<'cancelled' | 'ended' | 'unknown'> {
    const job = await this.byId(id);
    if (job === undefined) return 'unknown';
    const batch = new WriteBatch('progress');
    cancelReplay(batch, id, this.clock.now());
    const { committed } = await this.database.commit(batch);
    if (!committed) return 'ended';
    const sink = this.broadcaster.find(job.endpoint);
    // What becomes of a letter that is in flight is not known yet: until then it is nobody else's.
    if ((await sink?.replayCancelled(id)) === true) return 'cancelled';
    const free = new WriteBatch('progress');
    freeLetters(free, id);
    await this.database.commit(free);
    return 'cancelled';
  }

  /** Jobs, the youngest first, those with a smaller number than `before`. @throws DatabaseError */
  page(page: {
    readonly endpoint?: string;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly ReplayJob[]> {
    return replayPage(this.database, page);
  }

  /** @throws DatabaseError */
  byId(id: string): Promise<ReplayJob | undefined> {
    return replayById(this.database, id);
  }

  /** The first sequence that the log has, or would have next. */
  async #oldest(): Promise<number> {
    const [row] = await this.database.read<{ oldest: number | null }>(
      'SELECT min(sequence) AS oldest FROM events',
    );
    return row?.oldest ?? (await this.log.head()) + 1;
  }

  /** From the first sequence that can be sent to the last that there is now: what comes later is sent live. */
  async #stretch({ from, to, ids }: EventsToReplay): Promise<Stretch> {
    const oldest = await this.#oldest();
    const head = await this.log.head();
    const last = Math.min(to ?? head, head);
    const stretch = {
      firstSequence: Math.max(from ?? oldest, oldest),
      lastSequence: last,
      gone: from === undefined ? NO_COUNTS.gone : Math.max(0, Math.min(oldest, last + 1) - Math.max(1, from)),
    };
    return ids === undefined ? stretch : this.#within(stretch, ids);
  }

  /** @throws NotificationsError `REPLAY_INVALID` when an id is not in the log */
  async #within(stretch: Stretch, ids: readonly string[]): Promise<Stretch> {
    const rows = await this.database.read<{ id: string; sequence: number }>(
      'SELECT id, sequence FROM events WHERE id IN (SELECT value FROM json_each(?))',
      [JSON.stringify(ids)],
    );
    const known = new Set(rows.map(({ id }) => id));
    const unknown = ids.find((id) => !known.has(id));
    if (unknown !== undefined)
      throw new NotificationsError(
        'REPLAY_INVALID',
        `the log has no event ${JSON.stringify(unknown)}, or no more`,
      );
    const sequences = rows.map(({ sequence }) => sequence);
    return {
      ...stretch,
      firstSequence: Math.max(stretch.firstSequence, Math.min(...sequences)),
      lastSequence: Math.min(stretch.lastSequence, Math.max(...sequences)),
    };
  }
}
