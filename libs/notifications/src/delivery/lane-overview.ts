import type { Lane, LaneState } from './lane.js';

/** A lane that has something to be delivered. Times are of the monotonic clock, in ms. */
export interface LaneView {
  readonly lane: string;
  readonly state: LaneState;
  /** Sequence of the first event that is not done. */
  readonly firstSequence: number;
  /** Events in flight. */
  readonly inFlight: number;
  /** Attempts so far with the first event. */
  readonly attempts: number;
  /** When it is tried again; undefined unless the lane waits. */
  readonly dueMs?: number;
}

/** The lanes that are furthest behind, and how many there are in all. */
export interface LaneOverview {
  readonly total: number;
  readonly first: readonly LaneView[];
}

/** Looks at every lane once; of those that have nothing left to deliver nothing is told. */
export function overviewOf(lanes: Iterable<Lane>, most: number): LaneOverview {
  const first: { readonly lane: Lane; readonly sequence: number }[] = [];
  let total = 0;
  for (const lane of lanes) {
    const { first: sequence } = lane;
    if (sequence === undefined) continue;
    total += 1;
    const last = first.at(-1);
    if (first.length >= most && last !== undefined && last.sequence < sequence) continue;
    const place = first.findIndex((other) => other.sequence > sequence);
    first.splice(place === -1 ? first.length : place, 0, { lane, sequence });
    first.length = Math.min(first.length, most);
  }
  return { total, first: first.map(({ lane, sequence }) => viewOf(lane, sequence)) };
}

function viewOf({ name, state, sending, history, dueMs }: Lane, firstSequence: number): LaneView {
  return {
    lane: name,
    state,
    firstSequence,
    inFlight: sending,
    attempts: history.attempts,
    ...(state === 'waiting' && { dueMs }),
  };
}
