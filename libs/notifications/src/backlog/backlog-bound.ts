import type { BacklogOptions } from '../notifications.options.js';

/** How much may wait for an endpoint, with every default in place. 0 sets no limit. */
export interface BacklogBound {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly onLimit: NonNullable<BacklogOptions['onLimit']>;
}

/** What waits for an endpoint: events that it has not got, and those that are its dead letters and hold the log. */
export interface BacklogSize {
  readonly events: number;
  readonly bytes: number;
}

const DEFAULTS: BacklogBound = { maxEvents: 0, maxBytes: 1024 ** 3, onLimit: 'detach' };

/** Of each setting what the endpoint says, else what is said for all, else the default. */
export function backlogBound(forAll: BacklogOptions = {}, own: BacklogOptions = {}): BacklogBound {
  return {
    maxEvents: own.maxEvents ?? forAll.maxEvents ?? DEFAULTS.maxEvents,
    maxBytes: own.maxBytes ?? forAll.maxBytes ?? DEFAULTS.maxBytes,
    onLimit: own.onLimit ?? forAll.onLimit ?? DEFAULTS.onLimit,
  };
}

/** How much of the bound is used, of whichever is used more: 1 at the bound. */
export function shareOf({ maxEvents, maxBytes }: BacklogBound, { events, bytes }: BacklogSize): number {
  return Math.max(maxEvents === 0 ? 0 : events / maxEvents, maxBytes === 0 ? 0 : bytes / maxBytes);
}

/** Below this share of the bound changes are accepted again. */
const REOPENS_BELOW = 0.9;

/** Whether changes are refused for an endpoint: from its bound on, until a tenth of the room is free again. */
export class BacklogGate {
  #closed = false;

  isClosedAt(share: number): boolean {
    this.#closed = share >= (this.#closed ? REOPENS_BELOW : 1);
    return this.#closed;
  }
}
