import type { LogRecord } from '../event-log/log-record.js';
import { NO_HISTORY, type DeadLetter, type History, type LaneException, type Ticket } from './progress.js';

/** An event of the log with the endpoint's number of it. */
export interface NumberedRecord extends Ticket {
  readonly record: LogRecord;
  /** What it stays in order with: by default the record's own lane. */
  readonly lane: string;
  /** False for an event that was wanted when it was read, and that the filter now in force leaves out. */
  readonly wanted: boolean;
}

/** An event that was refused as often as one may be, until it is known whether it or the endpoint is at fault. */
export interface Suspect extends Ticket {
  readonly timeMs: number;
  readonly letter: DeadLetter;
}

/**
 * - `idle` nothing in memory that could be sent
 * - `ready` the head may be sent
 * - `sending` the head is being sent
 * - `waiting` for the head's next attempt; nothing but tickets in memory
 * - `due` the wait is over: what is to be sent must be loaded
 * - `loading` it is being loaded
 */
export type LaneState = 'idle' | 'ready' | 'sending' | 'waiting' | 'due' | 'loading';

/**
 * One lane of one endpoint: the events that were read and are not done, in order. Where they are:
 *
 * ```
 *   suspects │ queue (in memory, the first `sending` in flight) │ rows of the backlog from `unloaded` on │ spill (rows soon)
 *            └ rows too, up to `storedUpTo` ┘
 * ```
 */
export class Lane {
  state: LaneState = 'idle';
  suspects: readonly Suspect[] = [];
  /** Events behind the suspects that the filter leaves out: rows still, so that they come and are judged again if the suspects do. */
  passed = 0;
  queue: NumberedRecord[] = [];
  /** How many of the queue's first are in flight. */
  sending = 0;
  /** First sequence that is not in memory; undefined when everything is. */
  unloaded: number | undefined;
  /** Read, not in memory, not yet rows. */
  spill: Ticket[] = [];
  /** Becoming rows at this moment. */
  saving: readonly Ticket[] = [];
  /** What is not done up to here is durable as rows; 0 when this lane has none. */
  storedUpTo = 0;
  /** Its rows are not what they should be. */
  changed = false;
  /** Its suspects must be sent again before anything else of it. */
  reconsider = false;
  dueMs = 0;
  history: History = NO_HISTORY;
  /** Most events of a request that its head may be part of: fewer and fewer while requests with it fail, so that it is found alone. */
  mostTogether = Number.POSITIVE_INFINITY;
  /** When the first of `unloaded` happened, or something before it. */
  #unloadedTimeMs = 0;

  constructor(readonly name: string) {}

  /** The lane as the last run left it. */
  static restored(exception: LaneException, cursor: number): Lane {
    const lane = new Lane(exception.lane);
    lane.state = 'waiting';
    lane.unloaded = exception.sequence;
    lane.storedUpTo = cursor;
    lane.dueMs = exception.dueMs;
    lane.history = exception.history;
    if (exception.history.refusals + exception.history.strikes > 0) lane.mostTogether = 1;
    lane.#unloadedTimeMs = exception.timeMs;
    return lane;
  }

  /** True while rows of it are in the database, or may be. */
  get hasRows(): boolean {
    return this.storedUpTo > 0 || this.saving.length > 0;
  }

  /** Sequence of the first event that is not done; undefined when all are. */
  get first(): number | undefined {
    return this.suspects[0]?.sequence ?? this.queue[0]?.sequence ?? this.unloaded;
  }

  /** When the first event that is not done happened, or shortly before. */
  get timeMs(): number {
    return this.suspects[0]?.timeMs ?? this.queue[0]?.record.timeMs ?? this.#unloadedTimeMs;
  }

  /** Events that are not done and not durable as rows, in order. */
  get unstored(): readonly Ticket[] {
    return [...this.#afterStored(this.suspects), ...this.#afterStored(this.queue), ...this.spill];
  }

  /** The first of {@link unstored}. */
  get firstUnstored(): Ticket | undefined {
    return this.#afterStored(this.suspects)[0] ?? this.#afterStored(this.queue)[0] ?? this.spill[0];
  }

  /** The number of {@link unstored}. */
  get unstoredCount(): number {
    return this.#afterStored(this.suspects).length + this.#afterStored(this.queue).length + this.spill.length;
  }

  /** Takes the queue out of memory: what of it is no row becomes a ticket, to be a row soon. Gives the number of those. */
  unload(): number {
    const [head] = this.queue;
    if (head === undefined) return 0;
    return this.#unloadFrom(head.sequence, head.record.timeMs, this.queue);
  }

  /** Puts the suspects back to the head of the lane, out of memory like the rest. Gives the number of new tickets. */
  unloadSuspects(): number {
    const [head] = this.suspects;
    if (head === undefined) return 0;
    const tickets = [...this.suspects, ...this.queue];
    this.suspects = [];
    this.history = NO_HISTORY;
    return this.#unloadFrom(head.sequence, head.timeMs, tickets);
  }

  /** Removes the first events of the queue: another one is the head now. */
  shift(count: number): void {
    this.#unloadedTimeMs = this.queue[count - 1]?.record.timeMs ?? this.#unloadedTimeMs;
    this.queue = this.queue.slice(count);
    this.sending = Math.max(0, this.sending - count);
    this.history = NO_HISTORY;
    this.mostTogether *= 2;
    if (this.hasRows) this.changed = true;
  }

  // Most lanes have no rows: nothing is copied for them.
  #afterStored(tickets: readonly Ticket[]): readonly Ticket[] {
    if (this.storedUpTo === 0) return tickets;
    return tickets.filter(({ sequence }) => sequence > this.storedUpTo);
  }

  #unloadFrom(sequence: number, timeMs: number, tickets: readonly Ticket[]): number {
    const durable = Math.max(this.storedUpTo, this.saving.at(-1)?.sequence ?? 0);
    const fresh = tickets
      .filter((ticket) => ticket.sequence > durable)
      .map((ticket) => ({ sequence: ticket.sequence, number: ticket.number }));
    this.unloaded = sequence;
    this.#unloadedTimeMs = timeMs;
    this.queue = [];
    this.sending = 0;
    this.spill = [...fresh, ...this.spill];
    this.changed = true;
    return fresh.length;
  }
}
