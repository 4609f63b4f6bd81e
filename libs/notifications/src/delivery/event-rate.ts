import type { RateOptions } from '../notifications.options.js';

/** ms of a rate that may be sent at once, after a time in which less was sent. */
const BURST_MS = 1_000;

/** What falls short of a whole event by the rounding of floating point counts as one. */
const ROUNDING = 1e-9;

/**
 * A token bucket over events: each that is sent takes a token, each time that it is sent, and tokens come back at the rate. It holds
 * those of one second, and one at least, so that no burst is larger. It never waits: whoever asks is told how many it has, and when the
 * next comes. All times are of the monotonic clock, in ms.
 */
export class EventRate {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #atMs: number;

  constructor({ events, perMs }: RateOptions, nowMs: number) {
    this.#perMs = events / perMs;
    this.#most = Math.max(1, this.#perMs * BURST_MS);
    this.#tokens = this.#most;
    this.#atMs = nowMs;
  }

  /** Events that may be sent now. */
  available(nowMs: number): number {
    this.#refill(nowMs);
    return Math.floor(this.#tokens + ROUNDING);
  }

  spend(events: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens = Math.max(0, this.#tokens - events);
  }

  /** When an event may be sent: not after `nowMs` when one may be now. */
  nextAtMs(nowMs: number): number {
    return this.available(nowMs) >= 1 ? nowMs : nowMs + (1 - this.#tokens) / this.#perMs;
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}
