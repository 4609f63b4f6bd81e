import type { Clock } from '../delivery/clock.js';
import type { LaneChanges } from '../delivery/lane-rows.js';
import type { LaneException } from '../delivery/progress.js';
import { refusalWaitMs, MAX_REFUSALS } from '../delivery/schedule.js';

/** A moment of this process' monotonic clock as one that another process understands. */
export function toWall(monotonicMs: number, clock: Clock): number {
  return clock.now() + (monotonicMs - clock.monotonic());
}

/** A stored moment as one of the monotonic clock, at most `maxMs` away: the machine's clock may have been set back meanwhile. */
export function toMonotonic(wallMs: number, maxMs: number, clock: Clock): number {
  return clock.monotonic() + Math.min(Math.max(wallMs - clock.now(), 0), maxMs);
}

/** Stored exceptions as the lanes take them. */
export function restoredExceptions(
  exceptions: readonly LaneException[],
  { longestWaitMs }: { readonly longestWaitMs: number },
  clock: Clock,
): readonly LaneException[] {
  const maxMs = Math.max(longestWaitMs, refusalWaitMs(MAX_REFUSALS));
  return exceptions.map(({ failingMs = 0, history, ...exception }) => ({
    ...exception,
    dueMs: toMonotonic(exception.dueMs, maxMs, clock),
    history: failingMs === 0 ? history : { ...history, failingSinceMs: clock.monotonic() - failingMs },
  }));
}

/** Changes of the lanes as they are stored. @param pausedAtMs since when the endpoint is paused, of the monotonic clock */
export function storedLanes(changes: LaneChanges, clock: Clock, pausedAtMs = clock.monotonic()): LaneChanges {
  const exceptions = changes.exceptions.map((exception) => ({
    ...exception,
    dueMs: Math.max(0, toWall(exception.dueMs, clock)),
    failingMs: Math.max(0, pausedAtMs - (exception.history.failingSinceMs ?? pausedAtMs)),
  }));
  return { ...changes, exceptions };
}
