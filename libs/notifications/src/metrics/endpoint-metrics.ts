import { STATUS_CODES } from 'node:http';
import type { AttemptResult, Cut, Fault } from '../delivery/attempt.js';
import type { BreakerName } from '../delivery/breaker.js';
import type { Outcome } from '../delivery/outcome.js';
import type { EndpointState } from '../event-log/endpoint-rows.js';
import type { HandshakeState } from '../http/handshake.js';
import type { ProxyFault } from '../http/proxy/proxy.error.js';
import { AttemptsPerEvent, type AttemptsPerEventCounts } from './attempts-per-event.js';
import { Counts } from './counts.js';

/** What went wrong last: no answer, or an answer that was no success. */
export type ErrorClass = Fault | 'status';

/**
 * Upstream's `EndpointMetrics`, and what an operator needs beside them. `Events`, `Successes`, `Pending` and `deadLetters` are durable
 * and add up; the counts of attempts are of this run of the process.
 */
export interface EndpointMetricsSnapshot {
  /** Events that passed the filter, since the endpoint was first configured. */
  readonly Events: number;
  /** Of them, those that are neither delivered nor dead. */
  readonly Pending: number;
  readonly Successes: number;
  /** Attempts that were answered with a status that is no success. */
  readonly Failures: number;
  /** Attempts that were not answered. */
  readonly Errors: number;
  /** Attempts by the answer's status: `200 OK`. */
  readonly Statuses: Readonly<Record<string, number>>;
  /** Attempts that were not answered, by what went wrong: they add up to `Errors`. */
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** Of them, those that failed at the proxy before the endpoint, by what it did. */
  readonly proxyFaults: Readonly<Partial<Record<ProxyFault, number>>>;
  /** Answers whose body was not read to its end: their status counted all the same. */
  readonly cutAnswers: Readonly<Partial<Record<Cut, number>>>;
  readonly attempts: number;
  /** Events that were taken, by the attempt it was: `5` are those of the fourth and the fifth. */
  readonly attemptsPerEvent: AttemptsPerEventCounts;
  readonly deadLetters: number;
  /** Events that were given up in this run because they had been dead letters for as long as is configured. */
  readonly agedDeadLetters: number;
  /** When the oldest pending event happened, ms since 1970. */
  readonly oldestPendingAtMs?: number;
  readonly lastSuccessAtMs?: number;
  readonly lastError?: ErrorClass;
  /** Everything in the log up to here is delivered, dead or not wanted. */
  readonly cursor: number;
  readonly breaker: BreakerName;
  /** Events that the next request may carry. */
  readonly envelopeSize: number;
  readonly state: EndpointState;
  /** Whether the endpoint agreed to be sent events, where it is asked. */
  readonly handshake?: HandshakeState;
  readonly backlog: BacklogView;
}

/** How far the endpoint is from its bound on backlog. */
export interface BacklogView {
  /** Bytes of the events that wait, and of dead letters; of those that were read before, by the mean of all. */
  readonly bytes: number;
  /** Of the bound, 1 being all of it; 0 when there is none. */
  readonly share: number;
  /** Changes that the endpoint wants to hear of are refused because of it. */
  readonly refusing: boolean;
}

/** Counts what one endpoint's run of the process consists of, which is mostly attempts. */
export class AttemptCounts {
  #attempts = 0;
  #failures = 0;
  #errors = 0;
  readonly #statuses = new Counts();
  readonly #faults = new Counts<Fault>();
  readonly #proxyFaults = new Counts<ProxyFault>();
  readonly #cuts = new Counts<Cut>();
  readonly #perEvent = new AttemptsPerEvent();
  #agedDeadLetters = 0;
  #lastSuccessAtMs: number | undefined;
  #lastError: ErrorClass | undefined;

  count(result: AttemptResult, outcome: Outcome['kind'], nowMs: number): void {
    if (result.kind === 'abandoned') return;
    this.#attempts += 1;
    if (result.kind === 'unanswered') {
      this.#errors += 1;
      this.#faults.add(result.fault);
      if (result.proxy !== undefined) this.#proxyFaults.add(result.proxy);
      this.#lastError = result.fault;
      return;
    }
    if (result.kind === 'answered') {
      this.#statuses.add(statusText(result.status));
      if (result.cut !== undefined) this.#cuts.add(result.cut);
    }
    if (outcome === 'delivered') {
      this.#lastSuccessAtMs = nowMs;
    } else {
      this.#failures += 1;
      this.#lastError = 'status';
    }
  }

  /** @param attempts of each event that was taken, which attempt it was */
  taken(attempts: readonly number[]): void {
    this.#perEvent.taken(attempts);
  }

  /** So many events were given up because of the age of their dead letters. */
  lettersAged(events: number): void {
    this.#agedDeadLetters += events;
  }

  get snapshot(): Pick<
    EndpointMetricsSnapshot,
    | 'Failures'
    | 'Errors'
    | 'Statuses'
    | 'faults'
    | 'proxyFaults'
    | 'cutAnswers'
    | 'attempts'
    | 'attemptsPerEvent'
    | 'agedDeadLetters'
    | 'lastSuccessAtMs'
    | 'lastError'
  > {
    return {
      Failures: this.#failures,
      Errors: this.#errors,
      Statuses: this.#statuses.snapshot,
      faults: this.#faults.snapshot,
      proxyFaults: this.#proxyFaults.snapshot,
      cutAnswers: this.#cuts.snapshot,
      attempts: this.#attempts,
      attemptsPerEvent: this.#perEvent.snapshot,
      agedDeadLetters: this.#agedDeadLetters,
      ...(this.#lastSuccessAtMs === undefined ? {} : { lastSuccessAtMs: this.#lastSuccessAtMs }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }
}

/** `200 OK`, as upstream has it. The phrase is the standard's and not the endpoint's, who could write anything there. */
function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`;
}
