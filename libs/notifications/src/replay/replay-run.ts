import { half, EnvelopeSize } from '../delivery/envelope-size.js';
import type { Admission } from '../delivery/admission.js';
import type { AttemptResult } from '../delivery/attempt.js';
import {
  lanesOf,
  reached,
  type Consequence,
  type DispatchSettings,
  type Shipment,
} from '../delivery/dispatcher.js';
import { SINGLE_EVENT, type EnvelopeBounds } from '../delivery/envelope.js';
import { EventRate } from '../delivery/event-rate.js';
import type { Outcome } from '../delivery/outcome.js';
import { MAX_REFUSALS, refusalWaitMs, type Schedules } from '../delivery/schedule.js';
import type { LogRecord } from '../event-log/log-record.js';
import { LetterFates, type LetterLedger, type ReplayFailing } from './letter-fates.js';
import type { ReplayCounts, ReplayFailure, ReplayJob } from './replay-job.js';
import type { ReplayProgress } from './replay-rows.js';
import type { ReplaySource } from './replay-source.js';
import { ReplayWindow, type Settled } from './replay-window.js';

/** What an endpoint's settings say about a replay. */
export interface ReplaySettings extends Omit<DispatchSettings, 'concurrency' | 'rate'> {
  readonly laneOf: (record: LogRecord) => string;
}

/** What a run works with. */
export interface RunTools {
  readonly source: ReplaySource;
  /** Shared with the endpoint's live events. */
  readonly admission: Admission;
  readonly schedules: Schedules;
  readonly ledger: LetterLedger;
}

/** How a run ends. */
type Ending =
  { readonly state: 'done' | 'cancelled' } | { readonly state: 'failed'; readonly failure: ReplayFailure };

/** Requests that are kept free for live events, where more than one may be in flight. */
const SPARE_FOR_LIVE = 1;

/**
 * One replay being sent to its endpoint: order, envelopes and outcomes of its own; breaker, rate and requests in flight shared with the
 * live events. Every event is tried a bounded number of times. An endpoint fault counts against an event only when the event was alone
 * and the breaker closed: whoever is down makes the replay wait and fail nothing. All times are of the monotonic clock, in ms.
 */
export class ReplayRun {
  readonly #window: ReplayWindow;
  readonly #size: EnvelopeSize;
  readonly #rate: EventRate | undefined;
  readonly #letters: LetterFates;
  readonly #failings = new Map<number, ReplayFailing>();
  #counts: ReplayCounts;
  #inFlight = 0;
  #reading = false;
  /** Events that failed since the endpoint took one. */
  #failedInRow = 0;
  #ending: Ending | undefined;

  constructor(
    readonly job: ReplayJob,
    private readonly settings: ReplaySettings,
    private readonly tools: RunTools,
    nowMs: number,
  ) {
    const { sent, failed, gone, rate } = job;
    this.#window = new ReplayWindow(job.cursor, settings.laneOf);
    this.#size = new EnvelopeSize(settings.envelope.events);
    this.#rate = rate && new EventRate(rate, nowMs);
    this.#letters = new LetterFates(tools.ledger);
    this.#counts = { sent, failed, gone };
  }

  /** How it ended; undefined while it goes on, or requests are in flight. */
  get ended(): Ending | undefined {
    if (this.#inFlight > 0) return undefined;
    if (this.#ending !== undefined) return this.#ending;
    const { isEmpty, cursor } = this.#window;
    return isEmpty && cursor >= this.job.lastSequence ? { state: 'done' } : undefined;
  }

  /** What is to be stored. @param nowMs ms since 1970 */
  progress(nowMs: number): ReplayProgress {
    const { ended } = this;
    const place = { ...this.#counts, cursor: this.#window.cursor };
    if (ended === undefined) return { ...place, state: 'running' };
    return { ...place, ...ended, endedAtMs: nowMs };
  }

  /** Sends nothing more. @returns false when it was to end already */
  end(ending: Ending): boolean {
    if (this.#ending !== undefined) return false;
    this.#ending = ending;
    this.#abandonIfOver();
    return true;
  }

  /**
   * Starts a read if there is one to start.
   *
   * @param ceiling the endpoint's cursor
   * @returns undefined when there was none; resolves when the window has it
   * @throws DatabaseError by rejection
   */
  read(ceiling: number): Promise<void> | undefined {
    const { room, readUpTo } = this.#window;
    const { selection, lastSequence } = this.job;
    const end = selection.kind === 'events' ? Math.min(lastSequence, ceiling) : lastSequence;
    if (this.#reading || this.#ending !== undefined || room === 0 || readUpTo >= end) return undefined;
    this.#reading = true;
    return this.#read(readUpTo, ceiling, room).finally(() => (this.#reading = false));
  }

  /** The next request, or undefined when none may be started now. Each must be given to {@link settle} afterwards. */
  next(nowMs: number): Shipment | undefined {
    if (this.#ending !== undefined) return undefined;
    const permit = this.tools.admission.permit(nowMs, SPARE_FOR_LIVE);
    const most = this.#rate?.available(nowMs) ?? Number.POSITIVE_INFINITY;
    if (permit === undefined || most < 1) return undefined;
    const { probe, events } = permit;
    const records = this.#window.take(probe ? SINGLE_EVENT : this.#bounds(Math.min(events, most)), nowMs);
    if (records.length === 0) return undefined;
    this.tools.admission.began(records.length, probe, nowMs);
    this.#rate?.spend(records.length, nowMs);
    this.#inFlight += 1;
    return { records, startedMs: nowMs, probe, replay: this.job.id };
  }

  /** When there may be something to send without an answer coming in; infinite when there is nothing. */
  nextWakeMs(nowMs: number): number {
    const { admission } = this.tools;
    const { earliestDueMs } = this.#window;
    if (admission.retired || this.#ending !== undefined || earliestDueMs === Number.POSITIVE_INFINITY)
      return Number.POSITIVE_INFINITY;
    const rateMs = this.#rate?.nextAtMs(nowMs) ?? nowMs;
    const atMs = Math.max(earliestDueMs, admission.breaker.silentUntilMs, rateMs);
    const openMs = Math.max(atMs, admission.rateOpensAtMs(nowMs) ?? nowMs);
    return openMs > nowMs ? openMs : Number.POSITIVE_INFINITY;
  }

  /** What follows from how a request ended. */
  settle(shipment: Shipment, result: AttemptResult, outcome: Outcome, nowMs: number): Consequence['health'] {
    this.#inFlight -= 1;
    this.tools.admission.ended();
    this.#resize(shipment, outcome, nowMs);
    const health = this.#apply(shipment, result, outcome, nowMs);
    this.#advance();
    this.#abandonIfOver();
    return health;
  }

  async #read(after: number, ceiling: number, limit: number): Promise<void> {
    const { entries, upTo, finished } = await this.tools.source.read(after, ceiling, limit);
    if (this.#ending !== undefined) return;
    this.#window.add(entries, upTo, finished);
    this.#advance();
  }

  #bounds(most: number): EnvelopeBounds {
    const events = Math.min(this.#size.events, most);
    return events === 1 ? SINGLE_EVENT : { ...this.settings.envelope, events };
  }

  #resize({ records, startedMs }: Shipment, { kind }: Outcome, nowMs: number): void {
    this.#size.settle(records.length, kind, nowMs - startedMs < this.settings.quickMs);
  }

  #apply(shipment: Shipment, result: AttemptResult, outcome: Outcome, nowMs: number): Consequence['health'] {
    const { breaker } = this.tools.admission;
    switch (outcome.kind) {
      case 'delivered':
        for (const lane of lanesOf(shipment)) this.#window.settle(lane, 'sent');
        this.#failedInRow = 0;
        return this.tools.admission.succeeded() ? 'recovered' : 'same';
      case 'endpoint-fault':
        return this.#endpointFault(shipment, result, outcome.suspect, nowMs);
      case 'event-fault':
        return this.#eventFault(shipment, result, nowMs);
      default:
        this.#putBack(shipment, nowMs);
        if (outcome.kind === 'envelope-fault') this.#separate(shipment);
        if (outcome.kind === 'wait') breaker.hold(nowMs + outcome.delayMs);
        if (outcome.kind !== 'retired') return 'same';
        this.tools.admission.retired = true;
        return 'retired';
    }
  }

  #endpointFault(shipment: Shipment, result: AttemptResult, suspect: boolean, nowMs: number) {
    if (reached(result)) this.#separate(shipment);
    for (const lane of lanesOf(shipment)) {
      const before = this.#window.history(lane);
      const counts = suspect && !shipment.probe;
      const history = {
        ...before,
        attempts: before.attempts + 1,
        strikes: before.strikes + (counts ? 1 : 0),
      };
      if (counts && history.strikes >= this.settings.maxAttempts)
        this.#fail(shipment, { reason: 'poison', attempts: history.attempts, ...lastOf(result) });
      else this.#window.wait(lane, nowMs + this.tools.schedules.event(history.attempts), history);
    }
    const { first, opened } = this.tools.admission.breaker.failed(nowMs, shipment.probe);
    return opened ? 'opened' : first ? 'failing' : 'same';
  }

  #eventFault(shipment: Shipment, result: AttemptResult, nowMs: number): Consequence['health'] {
    const [event] = shipment.records;
    if (event === undefined) return 'same';
    const before = this.#window.history(event.lane);
    const history = { ...before, attempts: before.attempts + 1, refusals: before.refusals + 1 };
    // A dead letter was refused often enough before it became one.
    const mostRefusals = this.job.selection.kind === 'dead-letters' ? 1 : MAX_REFUSALS;
    if (history.refusals >= mostRefusals)
      this.#fail(shipment, { reason: 'refused', attempts: history.attempts, ...lastOf(result) });
    else this.#window.wait(event.lane, nowMs + refusalWaitMs(history.refusals), history);
    // It answers, and for itself: whatever made it fail is over.
    return shipment.probe && this.tools.admission.succeeded() ? 'recovered' : 'same';
  }

  /** The event is not tried any more. If that goes on, neither are the others: the operator must see to the endpoint. */
  #fail({ records }: Shipment, failing: ReplayFailing): void {
    for (const { sequence, lane } of records) {
      this.#failings.set(sequence, failing);
      this.#window.settle(lane, 'failed');
    }
    this.#failedInRow += 1;
    if (this.#failedInRow >= Math.max(2, this.settings.threshold))
      this.#ending ??= { state: 'failed', failure: 'refused' };
  }

  #separate({ records }: Shipment): void {
    for (const { lane } of records) this.#window.separate(lane, half(records.length));
  }

  #putBack(shipment: Shipment, nowMs: number): void {
    for (const lane of lanesOf(shipment)) this.#window.wait(lane, nowMs);
    if (shipment.probe) this.tools.admission.breaker.probeEnded();
  }

  #advance(): void {
    const { settled, finished } = this.#window.advance();
    for (const each of settled) this.#count(each, true);
    for (const letter of finished) this.#add('gone', this.#letters.finished(letter));
    if (settled.length > 0) this.#letters.moved(this.#window.cursor);
  }

  /** @param inOrder everything before it is dealt with too: else a range keeps it, since it can only shrink from its beginning */
  #count({ entry, fate }: Settled, inOrder: boolean): void {
    const { letter, record } = entry;
    const failing = this.#failings.get(record.sequence);
    this.#failings.delete(record.sequence);
    this.#add(fate, 1);
    if (letter === undefined || (letter.eventId === undefined && !inOrder)) return;
    if (fate === 'sent') this.#letters.sent(letter);
    else if (failing !== undefined) this.#letters.failed(entry, letter, failing);
  }

  #add(what: keyof ReplayCounts, events: number): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + events };
  }

  #abandonIfOver(): void {
    if (this.#ending === undefined || this.#inFlight > 0) return;
    for (const each of this.#window.abandon()) this.#count(each, false);
  }
}

function lastOf(result: AttemptResult): Pick<ReplayFailing, 'lastStatus' | 'lastAnswer'> {
  return result.kind === 'answered' ? { lastStatus: result.status, lastAnswer: result.text } : {};
}
