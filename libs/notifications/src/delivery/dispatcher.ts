import type { AttemptResult } from './attempt.js';
import { Admission, type AdmissionSettings } from './admission.js';
import { Blame } from './blame.js';
import type { Breaker } from './breaker.js';
import { SINGLE_EVENT, type EnvelopeBounds } from './envelope.js';
import { EnvelopeSize, half } from './envelope-size.js';
import type { NumberedRecord } from './lane.js';
import type { Lanes } from './lanes.js';
import type { Outcome } from './outcome.js';
import type { DeadLetter, History } from './progress.js';
import { refusalWaitMs, type Schedules } from './schedule.js';

/** What an endpoint's settings say about sending. */
export interface DispatchSettings extends AdmissionSettings {
  readonly maxAttempts: number;
  /** Running, unpaused time in ms that one event may fail, while the endpoint takes others. */
  readonly maxAgeMs: number;
  /** What one request may carry at most. */
  readonly envelope: EnvelopeBounds;
  /** Successes that took less than this let the envelopes grow. */
  readonly quickMs: number;
}

/** Events of one request. */
export interface Shipment {
  readonly records: readonly NumberedRecord[];
  /** Of each record, which attempt with it this is, as its lane counts them; replays are outside that count. */
  readonly attempts?: readonly number[];
  readonly startedMs: number;
  /** It is to show whether the endpoint works again. */
  readonly probe: boolean;
  /** The replay that sends it. */
  readonly replay?: string;
}

/** What came of a request beside the progress of its lanes. */
export interface Consequence {
  readonly letters: readonly DeadLetter[];
  /** `failing` the first failure after a success; `opened` nothing is sent for a while; `recovered` it works after that. */
  readonly health: 'same' | 'failing' | 'opened' | 'recovered' | 'retired';
}

const NOTHING: Consequence = { letters: [], health: 'same' };

/**
 * Decides what an endpoint is sent next, and what follows from its answers: the table of outcomes, for one endpoint. Pure; all times
 * are of the monotonic clock, in ms.
 *
 * Retry-After, breaker and retirement belong to the endpoint; attempts and due times to the head of a lane.
 */
export class Dispatcher {
  /** What it shares with whatever else is sent to the endpoint. */
  readonly admission: Admission;
  readonly #size: EnvelopeSize;
  readonly #blame: Blame;
  /** Of them, those that this dispatcher started. */
  #inFlight = 0;
  #lastFailed: string | undefined;
  /** When the endpoint last took something, in this run of the process. */
  #lastTookMs = Number.NEGATIVE_INFINITY;
  /** Since when nothing may be sent, because an operator has the endpoint paused. */
  #pausedAtMs: number | undefined;

  constructor(
    readonly lanes: Lanes,
    private readonly settings: DispatchSettings,
    private readonly schedules: Schedules,
    /** The endpoint answered 410: nothing is sent until an operator says so. */
    retired: boolean,
    nowMs: number,
  ) {
    this.admission = new Admission(settings, schedules.breaker, lanes.failing, retired, nowMs);
    this.#blame = new Blame(settings);
    this.#size = new EnvelopeSize(settings.envelope.events);
  }

  /** Since when the endpoint is paused; undefined when it is not. */
  get pausedAtMs(): number | undefined {
    return this.#pausedAtMs;
  }

  /** What is under way may end yet; time in which an event fails stands still. */
  pause(nowMs: number): void {
    this.#pausedAtMs ??= nowMs;
  }

  resume(nowMs: number): void {
    if (this.#pausedAtMs !== undefined) this.lanes.resumed(nowMs - this.#pausedAtMs);
    this.#pausedAtMs = undefined;
  }

  get breaker(): Breaker {
    return this.admission.breaker;
  }

  /** Events that the next request may carry. */
  get envelopeSize(): number {
    return this.#size.events;
  }

  /** The next request, or undefined when none may be started now. Each must be given to {@link settle} afterwards. */
  next(nowMs: number): Shipment | undefined {
    const permit = this.admission.permit(nowMs);
    if (permit === undefined) return undefined;
    const { probe } = permit;
    const records = probe
      ? this.lanes.takeProbe(this.#lastFailed, nowMs)
      : this.lanes.take(this.#bounds(permit.events));
    if (records.length === 0) return undefined;
    this.admission.began(records.length, probe, nowMs);
    this.#inFlight += 1;
    const attempts = records.map(({ lane }) => this.lanes.history(lane).attempts + 1);
    return { records, attempts, startedMs: nowMs, probe };
  }

  #bounds(most: number): EnvelopeBounds {
    const events = Math.min(this.#size.events, most);
    return events === 1 ? SINGLE_EVENT : { ...this.settings.envelope, events };
  }

  /** When there may be something to do without an answer coming in; infinite when there is nothing. */
  nextWakeMs(nowMs: number): number {
    if (this.admission.retired) return Number.POSITIVE_INFINITY;
    const { silentUntilMs } = this.breaker;
    if (silentUntilMs > nowMs) return silentUntilMs;
    const { earliestDueMs } = this.lanes;
    const rateMs = this.lanes.hasReady(1) ? this.admission.rateOpensAtMs(nowMs) : undefined;
    return Math.min(earliestDueMs, rateMs ?? earliestDueMs);
  }

  /**
   * Nothing is left to send, in the log neither. Events that were refused as often as one may be are dead then, although nothing was
   * taken since: no other event can show any more whether it was the endpoint's fault.
   */
  conclude(): Consequence {
    if (this.#inFlight > 0 || !this.lanes.onlySuspects) return NOTHING;
    return { letters: this.lanes.condemn(), health: 'same' };
  }

  /** What follows from how a request ended. */
  settle(shipment: Shipment, result: AttemptResult, outcome: Outcome, nowMs: number): Consequence {
    this.#inFlight -= 1;
    this.admission.ended();
    this.#resize(shipment, outcome, nowMs);
    switch (outcome.kind) {
      case 'delivered':
        return this.#delivered(shipment, nowMs);
      case 'endpoint-fault':
        return this.#endpointFault(shipment, result, outcome.suspect, nowMs);
      case 'event-fault':
        return this.#eventFault(shipment, result, nowMs);
      case 'envelope-fault':
        this.#separate(shipment);
        this.#putBack(shipment, nowMs);
        return NOTHING;
      case 'wait':
        this.#putBack(shipment, nowMs);
        this.breaker.hold(nowMs + outcome.delayMs);
        return NOTHING;
      case 'retired':
        this.#putBack(shipment, nowMs);
        this.admission.retired = true;
        return { letters: [], health: 'retired' };
      default:
        this.#putBack(shipment, nowMs);
        return NOTHING;
    }
  }

  #resize({ records, startedMs }: Shipment, { kind }: Outcome, nowMs: number): void {
    this.#size.settle(records.length, kind, nowMs - startedMs < this.settings.quickMs);
  }

  /** An event may be what made a request with several fail: each of its lanes is sent with fewer others from now on. */
  #separate({ records }: Shipment): void {
    for (const { lane } of records) this.lanes.separate(lane, half(records.length));
  }

  #delivered(shipment: Shipment, nowMs: number): Consequence {
    for (const lane of lanesOf(shipment)) this.lanes.done(lane);
    this.#blame.accepted();
    this.#lastTookMs = nowMs;
    const letters = this.lanes.condemn();
    return { letters, health: this.#worksAgain(nowMs) ? 'recovered' : 'same' };
  }

  /** The endpoint works. True when it did not before: what waits for it need not wait any longer. */
  #worksAgain(nowMs: number): boolean {
    const recovered = this.admission.succeeded();
    if (recovered) this.lanes.hasten(nowMs);
    return recovered;
  }

  #endpointFault(shipment: Shipment, result: AttemptResult, suspect: boolean, nowMs: number): Consequence {
    const letters: DeadLetter[] = [];
    if (reached(result)) this.#separate(shipment);
    for (const lane of lanesOf(shipment)) {
      const before = this.lanes.history(lane);
      const attempts = before.attempts + 1;
      const [event, ...others] = shipment.records;
      const struck = suspect ? this.#blame.struck(before) : before;
      const failingSinceMs = before.failingSinceMs ?? (others.length === 0 ? shipment.startedMs : undefined);
      const history = { ...struck, attempts, ...(failingSinceMs !== undefined && { failingSinceMs }) };
      const reason = this.#deadFor(history, suspect, nowMs);
      if (event !== undefined && others.length === 0 && reason !== undefined) {
        letters.push(letterOf(event, reason, history, result));
        this.lanes.bury(lane, nowMs);
      } else {
        this.lanes.wait(lane, nowMs + this.schedules.event(attempts), history);
      }
      this.#lastFailed = lane;
    }
    const { first, opened } = this.breaker.failed(nowMs, shipment.probe);
    return { letters, health: opened ? 'opened' : first ? 'failing' : 'same' };
  }

  /** Why an event that failed alone once more is dead, if it is: the endpoint takes others, and has not taken it for too long. */
  #deadFor(history: History, suspect: boolean, nowMs: number): DeadLetter['reason'] | undefined {
    if (suspect && this.#blame.isPoison(history)) return 'poison';
    const { failingSinceMs = nowMs } = history;
    const old = (this.#pausedAtMs ?? nowMs) - failingSinceMs >= this.settings.maxAgeMs;
    return old && this.#lastTookMs > failingSinceMs ? 'expired' : undefined;
  }

  #eventFault(shipment: Shipment, result: AttemptResult, nowMs: number): Consequence {
    const [event] = shipment.records;
    if (event === undefined) return NOTHING;
    const { lane } = event;
    this.#separate(shipment);
    const before = this.lanes.history(lane);
    const history = { ...before, attempts: before.attempts + 1, refusals: before.refusals + 1 };
    const verdict = this.#blame.refused(event.sequence, history.refusals);
    if (verdict === 'endpoint') return this.#endpointRefuses(lane, history, shipment.probe, nowMs);
    if (verdict === 'suspect') {
      this.lanes.suspect(lane, letterOf(event, 'refused', history, result), nowMs);
    } else {
      this.lanes.wait(lane, nowMs + refusalWaitMs(history.refusals), history);
    }
    // It answers, and for itself: whatever made it fail is over.
    return shipment.probe && this.#worksAgain(nowMs) ? { letters: [], health: 'recovered' } : NOTHING;
  }

  /** So many different events were refused that it is the endpoint's fault: none of them is dead for it. */
  #endpointRefuses(lane: string, history: History, probe: boolean, nowMs: number): Consequence {
    const dueMs = nowMs + this.schedules.event(history.attempts);
    this.lanes.wait(lane, dueMs, { ...history, refusals: 0 });
    this.lanes.acquit(dueMs);
    this.#lastFailed = lane;
    if (probe) this.breaker.probeEnded();
    const opened = (probe || this.breaker.name === 'closed') && this.breaker.trip(nowMs);
    return { letters: [], health: opened ? 'opened' : 'same' };
  }

  #putBack(shipment: Shipment, nowMs: number): void {
    for (const lane of lanesOf(shipment)) this.lanes.putBack(lane, nowMs);
    if (shipment.probe) this.breaker.probeEnded();
  }
}

/** The lanes of its events. */
export function lanesOf({ records }: Pick<Shipment, 'records'>): ReadonlySet<string> {
  return new Set(records.map(({ lane }) => lane));
}

/** True when the events went out: one of them can have been the cause. */
export function reached(result: AttemptResult): boolean {
  return result.kind === 'answered' || (result.kind === 'unanswered' && result.sent);
}

function letterOf(
  { sequence, record }: NumberedRecord,
  reason: DeadLetter['reason'],
  { attempts }: History,
  result: AttemptResult,
): DeadLetter {
  return {
    lane: record.lane,
    firstSequence: sequence,
    lastSequence: sequence,
    count: 1,
    eventId: record.id,
    reason,
    attempts,
    ...(result.kind === 'answered' ? { lastStatus: result.status, lastAnswer: result.text } : {}),
  };
}
