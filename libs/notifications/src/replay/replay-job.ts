import type { EventSelection, RateOptions } from '../notifications.options.js';

/**
 * Events of the log, all that is given at once: between two sequences (both included), between two moments (the first included), some by
 * their ids, those that a selection describes. Of all of them only what the endpoint's own filter wants.
 */
export interface EventsToReplay {
  readonly kind: 'events';
  readonly from?: number;
  readonly to?: number;
  /** ms since 1970. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly ids?: readonly string[];
  readonly only?: EventSelection;
}

/** What lies in the endpoint's dead letters: all of it, or some letters. */
export interface LettersToReplay {
  readonly kind: 'dead-letters';
  readonly letters?: readonly number[];
}

export type ReplaySelection = EventsToReplay | LettersToReplay;

/** What somebody wants to have sent again to one endpoint. */
export interface ReplayRequest {
  readonly selection: ReplaySelection;
  /** Slower than the endpoint's own rate. */
  readonly rate?: RateOptions;
}

/**
 * - `waiting` for the jobs of its endpoint that were asked for before
 * - `running`, which includes waiting for an endpoint that is paused, retired, fails, or has live events to get first
 * - `failed`: the endpoint took nothing of it, or is not there any more; the reason says which
 */
export type ReplayState = 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';

/**
 * - `refused`: as many events in a row failed as open the endpoint's breaker, and none was taken between them
 * - `endpoint-failing`: it took nothing for as long as makes its live events dead letters
 * - `endpoint-disabled`: it was disabled, by the configuration or by an operator, and nothing is kept for it
 */
export type ReplayFailure = 'refused' | 'endpoint-failing' | 'endpoint-disabled';

/** Events that a job has dealt with. */
export interface ReplayCounts {
  readonly sent: number;
  /** Tried as often as one may be, and not taken. */
  readonly failed: number;
  /** Not in the log any more, or not wanted any more. */
  readonly gone: number;
}

/** A replay as it lies in the database. Times are ms since 1970. */
export interface ReplayJob extends ReplayCounts, ReplayRequest {
  /** In the order in which they were asked for. */
  readonly number: number;
  /** Sent as `Herald-Replay`. */
  readonly id: string;
  readonly endpoint: string;
  readonly state: ReplayState;
  readonly failure?: ReplayFailure;
  /** The first sequence that it is about, and the last. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Events that it is about, where that is known from the beginning: of dead letters. */
  readonly events?: number;
  /** Everything up to here is dealt with. */
  readonly cursor: number;
  readonly createdAtMs: number;
  readonly endedAtMs?: number;
}

/** What a replay would send. */
export interface ReplayEstimate {
  readonly events: number;
  /** What the log has no more: sequences that were asked for by number, events of dead letters. */
  readonly gone: number;
}

/** Of a job that has not begun. */
export const NO_COUNTS: ReplayCounts = { sent: 0, failed: 0, gone: 0 };
