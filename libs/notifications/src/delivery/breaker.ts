import type { Schedule } from './schedule.js';

/** As operators see it. */
export type BreakerName = 'closed' | 'open' | 'half-open';

type State =
  | { readonly name: 'closed'; readonly failures: number }
  | { readonly name: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly name: 'half-open'; readonly openings: number };

/**
 * Keeps requests from an endpoint that fails anyway.
 *
 * ```
 *            threshold failures in a row             wait over
 *   closed ───────────────────────────────► open ───────────────► half-open (one probe)
 *     ▲ ▲                                     ▲ │                    │  │
 *     │ └──────── an older request succeeded ─┼─┘                    │  │
 *     │                                       └──── probe failed ────┘  │
 *     └──────────────────────────── probe answered ─────────────────────┘
 * ```
 *
 * Besides, the endpoint may have asked to be left alone (`Retry-After`): nothing is sent until then, in any state. All times are of
 * the monotonic clock, in ms.
 */
export class Breaker {
  readonly #threshold: number;
  readonly #schedule: Schedule;
  #state: State;
  #notBeforeMs = 0;
  #probing = false;

  /** @param failing the last run ended with the endpoint failing: begin with a probe. */
  constructor(threshold: number, schedule: Schedule, failing = false) {
    this.#threshold = threshold;
    this.#schedule = schedule;
    this.#state = failing ? { name: 'half-open', openings: 1 } : { name: 'closed', failures: 0 };
  }

  get name(): BreakerName {
    return this.#state.name;
  }

  /** Failures in a row while it is closed. */
  get failures(): number {
    return this.#state.name === 'closed' ? this.#state.failures : 0;
  }

  /** How often it opened since the endpoint worked last. */
  get openings(): number {
    return this.#state.name === 'closed' ? 0 : this.#state.openings;
  }

  /** When the next probe may be sent; undefined unless it is open. */
  get probeAtMs(): number | undefined {
    return this.#state.name === 'open' ? this.#state.untilMs : undefined;
  }

  /** Until when the endpoint asked to be left alone. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /** Requests that may be started now: any number, a single probe, or none. */
  admits(nowMs: number): 'any' | 'probe' | 'none' {
    if (nowMs < this.#notBeforeMs) return 'none';
    if (this.#state.name === 'open' && nowMs >= this.#state.untilMs) {
      this.#state = { name: 'half-open', openings: this.#state.openings };
    }
    if (this.#state.name === 'closed') return 'any';
    return this.#state.name === 'half-open' && !this.#probing ? 'probe' : 'none';
  }

  /** Until when {@link admits} says `none`, as long as no answer comes in. It may lie in the past. */
  get silentUntilMs(): number {
    return Math.max(this.#state.name === 'open' ? this.#state.untilMs : 0, this.#notBeforeMs);
  }

  /** An operator wants to know now: the next probe is due. What the endpoint asked for (`Retry-After`) is kept to. */
  hurry(): void {
    if (this.#state.name === 'open') this.#state = { name: 'half-open', openings: this.#state.openings };
  }

  probeStarted(): void {
    this.#probing = true;
  }

  /** The probe ended without saying anything about the endpoint's health. */
  probeEnded(): void {
    this.#probing = false;
  }

  /** The endpoint works. True when it did not before. */
  succeeded(): boolean {
    const recovered = this.#state.name !== 'closed';
    this.#probing = false;
    this.#state = { name: 'closed', failures: 0 };
    return recovered;
  }

  /** The endpoint failed. `first`: it worked before; `opened`: nothing is sent for a while. */
  failed(nowMs: number, probe: boolean): { readonly first: boolean; readonly opened: boolean } {
    if (probe) this.#probing = false;
    if (this.#state.name === 'closed') {
      const failures = this.#state.failures + 1;
      if (failures >= this.#threshold) return { first: failures === 1, opened: this.trip(nowMs) };
      this.#state = { name: 'closed', failures };
      return { first: failures === 1, opened: false };
    }
    // A request that was under way when the breaker opened says nothing new; the probe does.
    if (probe) this.trip(nowMs);
    return { first: false, opened: false };
  }

  /** Opens at once. True when it was closed. */
  trip(nowMs: number): boolean {
    const closed = this.#state.name === 'closed';
    const openings = this.#state.name === 'closed' ? 1 : this.#state.openings + 1;
    this.#state = { name: 'open', untilMs: nowMs + this.#schedule(openings), openings };
    return closed;
  }

  /** The endpoint asked to be left alone until then, by whichever answer: a probe that is under way may be another request. */
  hold(untilMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, untilMs);
  }
}
