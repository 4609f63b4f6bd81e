import { BacklogGate, shareOf, type BacklogBound, type BacklogSize } from '../backlog/backlog-bound.js';
import type { LaneRows } from '../delivery/lane-rows.js';
import type { CutOff } from '../event-log/endpoint-rows.js';
import type { BacklogView } from '../metrics/endpoint-metrics.js';
import type { EndpointReader } from './endpoint-reader.js';

/** Dead letters that hold no part of the log, since the endpoint was cut off from it: how many events they have. */
export interface CutOffLetters {
  events: number;
}

/** Bytes that an event is taken to have where nothing is known of the endpoint's events. */
const ASSUMED_BYTES = 1_024;

/** What waits for one endpoint, against its bound: arithmetic over what is counted anyway, so that every request may ask. */
export class EndpointBacklog {
  readonly #gate = new BacklogGate();

  constructor(
    private readonly bound: BacklogBound,
    private readonly rows: LaneRows,
    private readonly reader: EndpointReader,
    /** Why the endpoint is stopped and what it has not got is a dead letter already. */
    readonly cutOff: CutOff | undefined,
    private readonly letters: CutOffLetters,
  ) {}

  /** Events that are neither delivered nor dead, or, after it was cut off, not yet in the letter of that. */
  get pending(): number {
    return this.#unread + this.rows.undone;
  }

  get view(): BacklogView {
    const size = this.#size;
    const share = shareOf(this.bound, size);
    const refusing = this.bound.onLimit === 'refuse' && this.#gate.isClosedAt(share);
    return { bytes: size.bytes, share: Math.round(share * 10_000) / 10_000, refusing };
  }

  get #unread(): number {
    return this.reader.census.wanted - this.rows.number;
  }

  get #size(): BacklogSize {
    const { wanted, bytes } = this.reader.census;
    const meanBytes = wanted === 0 ? ASSUMED_BYTES : bytes / wanted;
    const dead = Math.max(0, this.rows.dead - this.letters.events);
    if (this.cutOff !== undefined) return { events: dead, bytes: Math.round(dead * meanBytes) };
    const set = this.rows.undone + dead;
    return {
      events: this.#unread + set,
      bytes: Math.round(this.reader.unreadBytes + set * meanBytes),
    };
  }
}
