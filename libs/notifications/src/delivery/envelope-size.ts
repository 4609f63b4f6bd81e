import type { Outcome } from './outcome.js';

/** So many envelopes are refused, none as large being taken, before their size is taken for the reason and not an event in them. */
const REFUSALS = 3;

/** Requests that were taken at the ceiling before a larger one is tried again: at first, and at most. */
const PATIENCE = { first: 32, most: 4_096 };

const NEVER_REFUSED = { events: Number.POSITIVE_INFINITY, times: 0 };

/**
 * How many events one request to an endpoint may carry: one at first, twice as many after each quick success up to what the settings
 * allow, and half after each failure. So an endpoint that is idle or struggles gets single events, and one that has a backlog and
 * works gets full envelopes.
 *
 * A receiver that refuses envelopes for their size, as those do that know single events only, is not asked again and again: what it
 * refused is a ceiling, and the longer it stands the more seldom it is tried.
 */
export class EnvelopeSize {
  #events = 1;
  #ceiling: number;
  #refused = NEVER_REFUSED;
  #patience = PATIENCE.first;
  #takenAtCeiling = 0;

  constructor(private readonly maxEvents: number) {
    this.#ceiling = maxEvents;
  }

  get events(): number {
    return this.#events;
  }

  /** What follows from how a request with so many events ended. @param quick it took less than half of the time it may */
  settle(events: number, outcome: Outcome['kind'], quick: boolean): void {
    if (outcome === 'again' || outcome === 'abandoned') return;
    if (outcome === 'envelope-fault') this.refused(events);
    else if (outcome !== 'delivered') this.shrink();
    else if (quick) this.grow(events);
  }

  /** An envelope of so many events was taken quickly. */
  grow(taken: number): void {
    if (taken >= this.#refused.events) this.#forget();
    if (this.#events < this.#ceiling) this.#events = Math.min(this.#events * 2, this.#ceiling);
    else if (this.#ceiling < this.maxEvents) this.#wait();
  }

  shrink(): void {
    this.#events = half(this.#events);
  }

  /** An envelope of so many events was refused, by an answer that need not be about any of them. */
  refused(events: number): void {
    this.shrink();
    const { events: before, times } = this.#refused;
    // A smaller one than before: perhaps the halves of that one, on the way to the event that is the reason.
    this.#refused = events < before ? { events, times: 1 } : { events: before, times: times + 1 };
    if (this.#refused.times < REFUSALS) return;
    this.#ceiling = half(this.#refused.events);
    this.#events = Math.min(this.#events, this.#ceiling);
    this.#takenAtCeiling = 0;
  }

  #wait(): void {
    this.#takenAtCeiling += 1;
    if (this.#takenAtCeiling < this.#patience) return;
    this.#takenAtCeiling = 0;
    this.#patience = Math.min(this.#patience * 2, PATIENCE.most);
    this.#events = Math.min(this.#ceiling * 2, this.maxEvents);
  }

  #forget(): void {
    this.#refused = NEVER_REFUSED;
    this.#patience = PATIENCE.first;
    this.#ceiling = this.maxEvents;
  }
}

/** Half of an envelope: at least one event. */
export function half(events: number): number {
  return Math.max(1, Math.floor(events / 2));
}
