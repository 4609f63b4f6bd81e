import type { History } from './progress.js';
import { MAX_REFUSALS } from './schedule.js';

/** What follows from a refusal: another attempt, the event set aside as a suspect, or the endpoint held responsible. */
export type RefusalVerdict = 'retry' | 'suspect' | 'endpoint';

/**
 * Tells an event that an endpoint cannot take from an endpoint that cannot take any. The evidence is always the same: whether the
 * endpoint takes others. With a single lane there are no others, and so nothing is ever held against its head but refusals.
 */
export class Blame {
  readonly #threshold: number;
  readonly #maxAttempts: number;
  #accepted = 0;
  /** Different events refused since the last one was taken. At most `threshold` of them. */
  readonly #refused = new Set<number>();

  constructor({ threshold, maxAttempts }: { threshold: number; maxAttempts: number }) {
    // One event alone can never speak against its endpoint.
    this.#threshold = Math.max(2, threshold);
    this.#maxAttempts = maxAttempts;
  }

  /** The endpoint took an event. */
  accepted(): void {
    this.#accepted += 1;
    this.#refused.clear();
  }

  /** The endpoint failed over an event that was alone in its request, after it had been reached. */
  struck(history: History): History {
    const counts = history.strikes === 0 || this.#accepted > history.acceptedBefore;
    if (!counts) return history;
    return { ...history, strikes: history.strikes + 1, acceptedBefore: this.#accepted };
  }

  /** The event made the endpoint fail so often, between others that it took, that it is the cause. */
  isPoison(history: History): boolean {
    return history.strikes >= this.#maxAttempts;
  }

  /** The endpoint refused an event, the `refusals`-th time. */
  refused(sequence: number, refusals: number): RefusalVerdict {
    if (this.#refused.size < this.#threshold) this.#refused.add(sequence);
    if (this.#refused.size >= this.#threshold) return 'endpoint';
    return refusals >= MAX_REFUSALS ? 'suspect' : 'retry';
  }
}
