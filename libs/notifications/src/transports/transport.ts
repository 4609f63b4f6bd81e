import type { AttemptResult } from '../delivery/attempt.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { HandshakeState } from '../http/handshake.js';

/** What is delivered at once: one event, or several when the endpoint's settings allow it. */
export interface Envelope {
  /** UUID of the log. */
  readonly log: string;
  /** Never none, and in order within each lane. */
  readonly records: readonly LogRecord[];
  /** The endpoint's own number of each record; empty for what is outside the order (guarantee G4). */
  readonly sequences: readonly number[];
  /** The job that sends it again, for what is outside the order. */
  readonly replay?: string;
  /** It only shows whether the endpoint works: its record is in no log. */
  readonly test?: true;
}

/**
 * The way to one endpoint, and all in which kinds of endpoints differ: cursor, lanes, retries, breaker, dead letters, pause and figures
 * are the same for each of them. It never throws; what it returns decides what follows.
 */
export abstract class Transport {
  /** Delivers an envelope, whole: what it returns holds for every event in it. */
  abstract post(envelope: Envelope): Promise<AttemptResult>;

  /** Ends what is under way as `abandoned`. Nothing is posted after it. */
  abstract close(): void;

  /** Whether the endpoint agreed to be sent events; undefined where nobody asks. */
  get handshake(): HandshakeState | undefined {
    return undefined;
  }

  /** Somebody may have moved what is written to (rotated logs). */
  reopen(): void {}
}
