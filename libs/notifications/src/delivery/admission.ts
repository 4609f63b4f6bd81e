import type { RateOptions } from '../notifications.options.js';
import { Breaker } from './breaker.js';
import { EventRate } from './event-rate.js';
import type { Schedule } from './schedule.js';

/** What an endpoint's settings say about how much it may be sent. */
export interface AdmissionSettings {
  readonly threshold: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Events, each time that they are sent. Without it there is no limit. */
  readonly rate?: RateOptions | undefined;
}

/** A request that may be started. */
export interface Permit {
  /** Events that it may carry by the rate. */
  readonly events: number;
  /** It is to show whether the endpoint works again: it carries one event. */
  readonly probe: boolean;
}

/**
 * Requests in flight after an endpoint recovered: whoever has just got up is not flooded. Each of them carries two events at most, and
 * fewer would cost a slow endpoint a round of its answers before envelopes have grown.
 */
const AFTER_RECOVERY = 4;

/**
 * Whether an endpoint may be sent another request, whatever it carries: its breaker, its retirement, its requests in flight and its
 * rate. Live events and replays share it. Pure; all times are of the monotonic clock, in ms.
 */
export class Admission {
  readonly breaker: Breaker;
  readonly #concurrency: number;
  readonly #rate: EventRate | undefined;
  #inFlight = 0;
  /** Requests that may be in flight: after a recovery few at first, and twice as many with each success. */
  #allowed: number;

  /** @param failing the last run ended with the endpoint failing: begin with a probe. */
  constructor(
    { threshold, concurrency, rate }: AdmissionSettings,
    schedule: Schedule,
    failing: boolean,
    /** The endpoint answered 410: nothing is sent until an operator says so. */
    public retired: boolean,
    nowMs: number,
  ) {
    this.breaker = new Breaker(threshold, schedule, failing);
    this.#concurrency = concurrency;
    this.#allowed = concurrency;
    this.#rate = rate && new EventRate(rate, nowMs);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** True when requests may be started, as far as the endpoint's health is concerned. */
  wants(nowMs: number): boolean {
    return !this.retired && this.breaker.admits(nowMs) !== 'none';
  }

  /**
   * The next request, if one may be started now. Whoever starts it says so by {@link began}.
   *
   * @param spare requests that must still be possible afterwards, as long as one at least may be in flight
   */
  permit(nowMs: number, spare = 0): Permit | undefined {
    if (this.#inFlight >= Math.max(1, this.#allowed - spare) || !this.wants(nowMs)) return undefined;
    const events = this.#rate?.available(nowMs) ?? Number.POSITIVE_INFINITY;
    return events < 1 ? undefined : { events, probe: this.breaker.admits(nowMs) === 'probe' };
  }

  began(events: number, probe: boolean, nowMs: number): void {
    this.#inFlight += 1;
    this.#rate?.spend(events, nowMs);
    if (probe) this.breaker.probeStarted();
  }

  ended(): void {
    this.#inFlight -= 1;
  }

  /** The endpoint took a request. True when it had failed before. */
  succeeded(): boolean {
    const recovered = this.breaker.succeeded();
    this.#allowed = Math.min(recovered ? AFTER_RECOVERY : this.#allowed * 2, this.#concurrency);
    return recovered;
  }

  /** When the rate lets the next event through; undefined when it would now. */
  rateOpensAtMs(nowMs: number): number | undefined {
    const atMs = this.#rate?.nextAtMs(nowMs) ?? nowMs;
    return atMs > nowMs ? atMs : undefined;
  }
}
