/**
 * How many events one request to an endpoint may carry: one at first, twice as many after each quick success up to what the settings
 * allow, and half after each failure. So an endpoint that is idle or struggles gets single events, and one that has a backlog and
 * works gets full envelopes.
 */
export class EnvelopeSize {
  #events = 1;

  constructor(private readonly maxEvents: number) {}

  get events(): number {
    return this.#events;
  }

  grow(): void {
    this.#events = Math.min(this.#events * 2, this.maxEvents);
  }

  shrink(): void {
    this.#events = half(this.#events);
  }
}

/** Half of an envelope: at least one event. */
export function half(events: number): number {
  return Math.max(1, Math.floor(events / 2));
}
