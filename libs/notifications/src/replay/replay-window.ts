import { Envelope, type EnvelopeBounds } from '../delivery/envelope.js';
import type { NumberedRecord } from '../delivery/lane.js';
import { NO_HISTORY, type History } from '../delivery/progress.js';
import type { ReplayEntry, ReplayLetter } from './replay-source.js';

/** What became of an event of a replay. */
export type ReplayFate = 'sent' | 'failed';

/** An event that is dealt with. */
export interface Settled {
  readonly entry: ReplayEntry;
  readonly fate: ReplayFate;
}

/** What the job has dealt with since it was asked last. */
export interface Progressed {
  readonly settled: readonly Settled[];
  /** Letters that were gone through. */
  readonly finished: readonly ReplayLetter[];
}

interface Slot {
  readonly entry: ReplayEntry;
  fate: ReplayFate | undefined;
}

/** The events of one lane that are not dealt with, in order; of the first `sending` are in flight. */
interface ReplayLane {
  readonly name: string;
  queue: NumberedRecord[];
  sending: number;
  dueMs: number;
  history: History;
  mostTogether: number;
}

/** Events in memory. A crash repeats at most those of them that were taken. */
const MOST_EVENTS = 1_024;

/** Characters of events in memory. */
const MOST_CHARACTERS = 4 * 1_024 * 1_024;

/**
 * Order within a replay: the events that were read and are not dealt with, by lane, of which one request may be in flight; and how far
 * everything is dealt with. Pure; all times are of the monotonic clock, in ms.
 *
 * An event that waits for its next attempt holds its lane, and in the end the whole window: what is tried is bounded, so that it ends.
 */
export class ReplayWindow {
  readonly #lanes = new Map<string, ReplayLane>();
  readonly #slots = new Map<number, Slot>();
  #finished: readonly ReplayLetter[] = [];
  #characters = 0;
  #readUpTo: number;
  #cursor: number;

  constructor(
    cursor: number,
    private readonly laneOf: (record: ReplayEntry['record']) => string,
  ) {
    this.#readUpTo = cursor;
    this.#cursor = cursor;
  }

  /** Everything up to here was read. */
  get readUpTo(): number {
    return this.#readUpTo;
  }

  /** Everything up to here is dealt with. */
  get cursor(): number {
    return this.#cursor;
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  /** Events that may be read now: none until half of the window is free, so that they come in pages. */
  get room(): number {
    const room = this.#characters > MOST_CHARACTERS ? 0 : MOST_EVENTS - this.#slots.size;
    return room * 2 >= MOST_EVENTS ? room : 0;
  }

  /** What was read next. */
  add(entries: readonly ReplayEntry[], upTo: number, finished: readonly ReplayLetter[]): void {
    for (const entry of entries) {
      const { record } = entry;
      const lane = this.#lane(this.laneOf(record));
      const { sequence } = record;
      this.#slots.set(sequence, { entry, fate: undefined });
      this.#characters += record.data.length;
      lane.queue.push({ sequence, number: 0, record, lane: lane.name, wanted: true });
    }
    this.#finished = [...this.#finished, ...finished];
    this.#readUpTo = upTo;
  }

  /** Events that go into one request, as they lie in the log. Their lanes are in flight until one of the methods below. */
  take(bounds: EnvelopeBounds, nowMs: number): readonly NumberedRecord[] {
    const envelope = new Envelope(bounds);
    const taken: NumberedRecord[] = [];
    for (const lane of this.#lanes.values()) {
      if (envelope.full) break;
      if (lane.sending > 0 || lane.dueMs > nowMs) continue;
      lane.sending = envelope.admit(lane);
      taken.push(...lane.queue.slice(0, lane.sending));
    }
    return taken.toSorted((a, b) => a.sequence - b.sequence);
  }

  /** When the first lane that is not in flight may be sent; infinite when there is none. */
  get earliestDueMs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { sending, dueMs } of this.#lanes.values())
      if (sending === 0 && dueMs < earliest) earliest = dueMs;
    return earliest;
  }

  /** What was tried with the event at the head of a lane. */
  history(name: string): History {
    return this.#lanes.get(name)?.history ?? NO_HISTORY;
  }

  /** The lane's first event is to be in no request with more than this many events, until it is dealt with. */
  separate(name: string, events: number): void {
    const lane = this.#lanes.get(name);
    if (lane !== undefined) lane.mostTogether = Math.min(lane.mostTogether, events);
  }

  /** The lane's events in flight are to be sent again, not before then. */
  wait(name: string, dueMs: number, history: History = this.history(name)): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    lane.sending = 0;
    lane.dueMs = dueMs;
    lane.history = history;
  }

  /** The lane's events in flight are dealt with. */
  settle(name: string, fate: ReplayFate): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    for (const { sequence } of lane.queue.slice(0, lane.sending)) {
      const slot = this.#slots.get(sequence);
      if (slot !== undefined) slot.fate = fate;
    }
    lane.queue = lane.queue.slice(lane.sending);
    lane.sending = 0;
    lane.dueMs = 0;
    lane.history = NO_HISTORY;
    lane.mostTogether *= 2;
    if (lane.queue.length === 0) this.#lanes.delete(name);
  }

  /** Moves the cursor over everything that is dealt with, and says what that was. */
  advance(): Progressed {
    const settled: Settled[] = [];
    for (const [sequence, { entry, fate }] of this.#slots) {
      if (fate === undefined) break;
      settled.push({ entry, fate });
      this.#forget(sequence, entry);
      this.#cursor = sequence;
    }
    const [open] = this.#slots.keys();
    this.#cursor = open === undefined ? this.#readUpTo : open - 1;
    const finished = this.#finished.filter(({ lastSequence }) => lastSequence <= this.#cursor);
    this.#finished = this.#finished.filter(({ lastSequence }) => lastSequence > this.#cursor);
    return { settled, finished };
  }

  /** Nothing more is sent: what was dealt with beyond the cursor. */
  abandon(): readonly Settled[] {
    const settled = [...this.#slots.values()].flatMap(({ entry, fate }) =>
      fate === undefined ? [] : [{ entry, fate }],
    );
    this.#slots.clear();
    this.#lanes.clear();
    // What was read and not dealt with is not passed over.
    this.#readUpTo = this.#cursor;
    return settled;
  }

  #forget(sequence: number, { record }: ReplayEntry): void {
    this.#slots.delete(sequence);
    this.#characters -= record.data.length;
  }

  #lane(name: string): ReplayLane {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = {
        name,
        queue: [],
        sending: 0,
        dueMs: 0,
        history: NO_HISTORY,
        mostTogether: Number.POSITIVE_INFINITY,
      };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}
