import { Envelope, type EnvelopeBounds } from './envelope.js';
import { Lane, type NumberedRecord } from './lane.js';
import { LANE_LIMITS, LaneIntake, type LaneLimits } from './lane-intake.js';
import { overviewOf, type LaneOverview } from './lane-overview.js';
import { LaneRows } from './lane-rows.js';
import { LaneStates } from './lane-states.js';
import { NO_HISTORY, type DeadLetter, type History, type LaneException, type Position } from './progress.js';

/**
 * Order, for one endpoint: which event may be sent when. Pure: no I/O, and time comes in with each call.
 *
 * Events come in as they lie in the log ({@link intake}) and leave, lane by lane, in that order; of one lane never more than one
 * request is in flight. A lane:
 *
 * ```
 *                add             take                 done, nothing left
 *   (unknown) ─────────► ready ────────► sending ───────────────────────► idle, (forgotten)
 *                         ▲  ▲            │ │  └─ done, more in memory ──► ready
 *                         │  └─ putBack ──┘ │  └─ done, more on disk ────► due
 *                  loaded │                 │ wait
 *                      loading ◄──── due ◄──┴───────── waiting
 *                              load       time is over
 * ```
 *
 * A waiting lane holds no other: the reader goes past it, and what it reads of that lane becomes a row of the lane's backlog. So
 * memory holds a window of records and the heads of lanes, and never a backlog. {@link rows} gives what must be stored for a restart
 * to go on exactly here.
 */
export class Lanes {
  /** What comes in. */
  readonly intake: LaneIntake;
  /** What is to be stored. */
  readonly rows: LaneRows;
  readonly #states: LaneStates;
  #suspects = 0;

  /** @param exceptions as stored, but with `dueMs` of the monotonic clock */
  constructor(position: Position, exceptions: readonly LaneException[], limits: LaneLimits = LANE_LIMITS) {
    const lanes = new Map<string, Lane>();
    this.rows = new LaneRows(position, lanes);
    this.#states = new LaneStates(lanes, this.rows);
    this.intake = new LaneIntake(this.#states, this.rows, limits);
    for (const exception of exceptions) {
      const lane = Lane.restored(exception, position.cursor);
      lanes.set(lane.name, lane);
      this.#states.wait(lane, exception.dueMs);
    }
  }

  /** Records in memory. */
  get held(): number {
    return this.#states.held;
  }

  /** When {@link wake} will next find something; infinite when nothing waits. */
  get earliestDueMs(): number {
    return this.#states.earliestDueMs;
  }

  /** True when a lane waits because the endpoint failed. */
  get failing(): boolean {
    return [...this.#states.waiting].some(({ history }) => history.attempts > history.refusals);
  }

  /** When the oldest event that was read and is not done happened. */
  get oldestTimeMs(): number | undefined {
    let oldest: number | undefined;
    for (const lane of this.#states.lanes.values()) {
      if (lane.first !== undefined) oldest = Math.min(oldest ?? lane.timeMs, lane.timeMs);
    }
    return oldest;
  }

  /** True when every event that was read and is not done is one that was set aside: no other can speak for or against them. */
  get onlySuspects(): boolean {
    return this.#suspects > 0 && this.#suspects === this.rows.undone - this.#states.passed;
  }

  /** Everything in the log up to here is delivered, dead or not wanted. */
  get cursor(): number {
    let first = this.rows.position + 1;
    for (const lane of this.#states.lanes.values()) first = Math.min(first, lane.first ?? first);
    return first - 1;
  }

  /** The lanes that are furthest behind. */
  overview(most: number): LaneOverview {
    return overviewOf(this.#states.lanes.values(), most);
  }

  /** Whether an event is still to be delivered, wanted or not. */
  isPending(lane: string, sequence: number): boolean {
    const first = this.#states.lanes.get(lane)?.first;
    return sequence > this.rows.position || (first !== undefined && sequence >= first);
  }

  /** What was tried with the event that is at the head of a lane. */
  history(lane: string): History {
    return this.#states.lanes.get(lane)?.history ?? NO_HISTORY;
  }

  /** Lanes whose wait is over become due. */
  wake(nowMs: number): void {
    this.#states.wake(nowMs);
  }

  /** Events that go into one request, as they lie in the log. Their lanes are `sending` until one of the methods below. */
  take(bounds: EnvelopeBounds): readonly NumberedRecord[] {
    const envelope = new Envelope(bounds);
    const taken: NumberedRecord[] = [];
    for (const lane of this.#states.ready) {
      if (envelope.full) break;
      const count = envelope.admit(lane);
      if (count > 0) taken.push(...this.#send(lane, count));
    }
    return taken.toSorted((a, b) => a.sequence - b.sequence);
  }

  /** The lane's first event is to be in no request with more than this many events, until it is done. */
  separate(name: string, events: number): void {
    const lane = this.#states.lanes.get(name);
    if (lane !== undefined) lane.mostTogether = Math.min(lane.mostTogether, events);
  }

  /** True when at least this many events may be sent. */
  hasReady(events: number): boolean {
    let ready = 0;
    for (const { queue } of this.#states.ready) {
      ready += queue.length;
      if (ready >= events) return true;
    }
    return false;
  }

  /**
   * One event that tells whether the endpoint works again: of another lane than `avoid` if there is one. Where every lane waits, it
   * hastens one, whose event can be taken after it was loaded.
   */
  takeProbe(avoid: string | undefined, nowMs: number): readonly NumberedRecord[] {
    const { ready, due, waiting, lanes } = this.#states;
    const other = [...ready].find(({ name }) => name !== avoid);
    if (other !== undefined) return this.#send(other, 1);
    const coming = [...lanes.values()].some(
      (lane) => lane.name !== avoid && (due.has(lane) || lane.state === 'loading'),
    );
    if (coming) return [];
    const next = firstDue(waiting, avoid);
    if (next !== undefined) this.#dueAt(next, nowMs);
    if (next !== undefined && next.name !== avoid) return [];
    const [only] = ready;
    return only === undefined ? [] : this.#send(only, 1);
  }

  /** The lane's events in flight were delivered. */
  done(name: string): void {
    const lane = this.#inFlight(name);
    if (lane === undefined) return;
    this.rows.deliver(lane.sending, lane.queue[lane.sending - 1]?.sequence ?? 0);
    this.#states.shift(lane, lane.sending);
    // That the endpoint took a later event condemns the ones before it that it refused.
    lane.reconsider = false;
    this.#states.advance(lane);
  }

  /** The lane's event in flight became a dead letter. */
  bury(name: string, nowMs: number): void {
    const lane = this.#inFlight(name);
    if (lane === undefined) return;
    this.rows.bury(1);
    this.#states.shift(lane, 1);
    this.#goOn(lane, nowMs);
  }

  /** The lane's events in flight are to be sent again, from this moment of the monotonic clock on. */
  wait(name: string, dueMs: number, history: History): void {
    const lane = this.#inFlight(name);
    if (lane === undefined) return;
    lane.history = history;
    if (lane.reconsider) {
      this.#reconsider(lane, dueMs);
      return;
    }
    this.#states.unload(lane);
    this.#states.wait(lane, dueMs);
  }

  /** The lane's events in flight are to be sent again as soon as anything is. */
  putBack(name: string, nowMs: number): void {
    const lane = this.#inFlight(name);
    if (lane === undefined) return;
    lane.sending = 0;
    this.#goOn(lane, nowMs);
  }

  /** The lane's event in flight is set aside: the lane goes on, until {@link condemn} or {@link acquit} says what becomes of it. */
  suspect(name: string, letter: DeadLetter, nowMs: number): void {
    const lane = this.#inFlight(name);
    const [head] = lane?.queue ?? [];
    if (lane === undefined || head === undefined) return;
    const { sequence, number, record } = head;
    this.#suspects += 1;
    lane.suspects = [...lane.suspects, { sequence, number, timeMs: record.timeMs, letter }];
    this.#states.shift(lane, 1);
    this.#goOn(lane, nowMs);
  }

  /** Every event that was set aside is dead: the endpoint takes others. */
  condemn(): readonly DeadLetter[] {
    const letters: DeadLetter[] = [];
    for (const lane of this.#states.lanes.values()) {
      if (lane.suspects.length === 0) continue;
      letters.push(...lane.suspects.map(({ letter }) => letter));
      lane.suspects = [];
      lane.reconsider = false;
      lane.changed = true;
      this.#states.release(lane);
      if (lane.state === 'idle') this.#states.advance(lane);
    }
    this.#suspects = 0;
    this.rows.bury(letters.length);
    return letters;
  }

  /** Every event that was set aside is to be sent again, before what comes after it: the endpoint is at fault. */
  acquit(dueMs: number): void {
    for (const lane of this.#states.lanes.values()) {
      if (lane.history.refusals > 0) lane.changed ||= lane.hasRows;
      lane.history = { ...lane.history, refusals: 0 };
      if (lane.suspects.length === 0) continue;
      if (lane.state === 'sending') lane.reconsider = true;
      else this.#reconsider(lane, dueMs);
    }
  }

  /** A pause of so many ms is over: it does not count as time in which an event failed. */
  resumed(pausedMs: number): void {
    for (const lane of this.#states.lanes.values()) {
      const { failingSinceMs } = lane.history;
      if (failingSinceMs === undefined) continue;
      lane.history = { ...lane.history, failingSinceMs: failingSinceMs + pausedMs };
    }
  }

  /** Lanes that wait because the endpoint failed need not wait any longer: it works again. */
  hasten(nowMs: number): void {
    for (const lane of this.#states.waiting) if (lane.history.refusals === 0) this.#dueAt(lane, nowMs);
  }

  /** No lane waits any longer: an operator wants what is pending to be sent now. */
  hurry(nowMs: number): void {
    for (const lane of this.#states.waiting) this.#dueAt(lane, nowMs);
  }

  #inFlight(name: string): Lane | undefined {
    const lane = this.#states.lanes.get(name);
    return lane?.state === 'sending' ? lane : undefined;
  }

  #send(lane: Lane, count: number): readonly NumberedRecord[] {
    lane.sending = count;
    this.#states.enter(lane, 'sending');
    return lane.queue.slice(0, count);
  }

  #goOn(lane: Lane, nowMs: number): void {
    if (lane.reconsider) this.#reconsider(lane, nowMs);
    else this.#states.advance(lane);
  }

  #reconsider(lane: Lane, dueMs: number): void {
    this.#suspects -= lane.suspects.length;
    this.#states.reconsider(lane, dueMs);
  }

  #dueAt(lane: Lane, nowMs: number): void {
    lane.dueMs = nowMs;
    this.#states.earliestDueMs = Math.min(this.#states.earliestDueMs, nowMs);
  }
}

/** The lane that waits for the shortest time, another one than `avoid` if there is one. */
function firstDue(waiting: Iterable<Lane>, avoid: string | undefined): Lane | undefined {
  let first: Lane | undefined;
  for (const lane of waiting) {
    const better =
      first === undefined || (lane.name !== avoid && (first.name === avoid || lane.dueMs < first.dueMs));
    if (better) first = lane;
  }
  return first;
}
