import type { BreakerName } from '../delivery/breaker.js';
import type { Clock } from '../delivery/clock.js';
import type { Dispatcher } from '../delivery/dispatcher.js';
import type { LaneView } from '../delivery/lane-overview.js';
import { toWall } from './wall-times.js';

/** Lanes that are shown. */
const MOST_LANES = 100;

/** A lane of an endpoint that has something to be delivered. */
export interface LaneDetail extends Omit<LaneView, 'dueMs'> {
  /** When its first event is tried again, ms since 1970; undefined unless it waits. */
  readonly dueAtMs?: number;
}

/** What an operator wants to know of an endpoint beside its metrics. Times are ms since 1970. */
export interface EndpointDetail {
  readonly breaker: {
    readonly state: BreakerName;
    /** Failures in a row while it is closed. */
    readonly failures: number;
    /** How often it opened since the endpoint worked last. */
    readonly openings: number;
    /** When the next probe may be sent, while it is open. */
    readonly nextProbeAtMs?: number;
    /** The endpoint asked to be left alone until then. */
    readonly heldUntilMs?: number;
  };
  /** Requests in flight. */
  readonly inFlight: number;
  /** Lanes that have something to be delivered: how many, and those that are furthest behind. */
  readonly lanes: { readonly total: number; readonly first: readonly LaneDetail[] };
}

/**
 * What has become of an event at an endpoint:
 *
 * - `pending` it is still to be delivered
 * - `unwanted` the endpoint's filter leaves it out
 * - `past` it is behind the endpoint's cursor: delivered, dead, or from before the endpoint was there
 */
export type EventStanding = 'pending' | 'unwanted' | 'past';

export function detailOf({ admission, lanes }: Dispatcher, clock: Clock): EndpointDetail {
  const { breaker, inFlight } = admission;
  const { name: state, failures, openings, probeAtMs, notBeforeMs } = breaker;
  const { total, first } = lanes.overview(MOST_LANES);
  return {
    breaker: {
      state,
      failures,
      openings,
      ...(probeAtMs !== undefined && { nextProbeAtMs: toWall(probeAtMs, clock) }),
      ...(notBeforeMs > clock.monotonic() && { heldUntilMs: toWall(notBeforeMs, clock) }),
    },
    inFlight,
    lanes: { total, first: first.map((lane) => laneDetail(lane, clock)) },
  };
}

function laneDetail({ dueMs, ...lane }: LaneView, clock: Clock): LaneDetail {
  return { ...lane, ...(dueMs !== undefined && { dueAtMs: toWall(dueMs, clock) }) };
}
