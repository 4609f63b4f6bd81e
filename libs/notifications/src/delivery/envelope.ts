import type { LogRecord } from '../event-log/log-record.js';
import type { Lane, NumberedRecord } from './lane.js';

/** What one request may carry. */
export interface EnvelopeBounds {
  readonly events: number;
  /** Encoded bytes of its events; a single event may be larger. */
  readonly bytes: number;
  /** Encoded bytes of an event: never less than it will be. */
  readonly sizeOf: (record: LogRecord) => number;
}

/** One event, however large. */
export const SINGLE_EVENT: EnvelopeBounds = { events: 1, bytes: 0, sizeOf: () => 0 };

/** Fills one request with the heads of lanes, each lane's in its order. */
export class Envelope {
  readonly #bounds: EnvelopeBounds;
  #mostEvents: number;
  #events = 0;
  #bytes = 0;
  #full = false;

  constructor(bounds: EnvelopeBounds) {
    this.#bounds = bounds;
    this.#mostEvents = bounds.events;
  }

  /** True when no lane can add anything. */
  get full(): boolean {
    return this.#full || this.#events >= this.#mostEvents;
  }

  /** Takes in as many of the lane's first events as fit, and says how many. A lane under suspicion may keep the envelope small. */
  admit({ queue, mostTogether }: Pick<Lane, 'queue' | 'mostTogether'>): number {
    const most = Math.min(this.#mostEvents, mostTogether);
    let admitted = 0;
    for (const event of queue) {
      if (this.#events >= most || !this.#takes(event)) break;
      admitted += 1;
    }
    if (admitted > 0) this.#mostEvents = most;
    return admitted;
  }

  #takes({ record, wanted }: NumberedRecord): boolean {
    if (!wanted) return false;
    const bytes = this.#bytes + this.#bounds.sizeOf(record);
    if (this.#events > 0 && bytes > this.#bounds.bytes) {
      this.#full = true;
      return false;
    }
    this.#bytes = bytes;
    this.#events += 1;
    return true;
  }
}
