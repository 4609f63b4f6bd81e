import { Injectable } from '@nestjs/common';

/** Chance, so that endpoints that failed together do not come back together. Tests put a fixed one in its place. */
export abstract class Jitter {
  /** At least 0, less than 1. */
  abstract next(): number;
}

@Injectable()
export class RandomJitter extends Jitter {
  override next(): number {
    return Math.random();
  }
}

/** How long to wait, in ms, after so many failures in a row, at least 1. */
export type Schedule = (failures: number) => number;

/** What an endpoint's settings say about trying again. */
export interface ScheduleSettings {
  readonly schedule: 'standard' | 'distribution' | readonly number[];
  readonly threshold: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** When to try again: an event after its attempts, and an endpoint after the openings of its breaker. */
export interface Schedules {
  readonly event: Schedule;
  readonly breaker: Schedule;
}

export function schedulesOf(settings: ScheduleSettings, jitter: Jitter): Schedules {
  const { schedule, threshold, backoffMs } = settings;
  if (schedule === 'distribution') {
    const event: Schedule = (attempts) => (attempts < threshold ? 0 : backoffMs);
    return { event, breaker: () => backoffMs };
  }
  const both = schedule === 'standard' ? standardSchedule(settings, jitter) : listedSchedule(schedule);
  return { event: both, breaker: both };
}

/** Exponential with full jitter: the wait after `n` attempts is random between 0 and `backoffMs` · 2ⁿ, at most `maxBackoffMs`. */
function standardSchedule(
  { backoffMs, maxBackoffMs }: Pick<ScheduleSettings, 'backoffMs' | 'maxBackoffMs'>,
  jitter: Jitter,
): Schedule {
  return (failures) => jitter.next() * Math.min(maxBackoffMs, backoffMs * 2 ** failures);
}

/** Exactly these waits, the last repeated. */
function listedSchedule(waitsMs: readonly number[]): Schedule {
  return (failures) => waitsMs[Math.min(failures, waitsMs.length) - 1] ?? 0;
}

/** Waits in ms between the four attempts with an event that is refused: all of them lie within 15 s. */
const REFUSAL_WAITS_MS = [1_000, 4_000, 9_000] as const;

/** The wait before the next attempt with an event that was refused this often. */
export function refusalWaitMs(refusals: number): number {
  return REFUSAL_WAITS_MS[Math.min(refusals, REFUSAL_WAITS_MS.length) - 1] ?? REFUSAL_WAITS_MS[0];
}

/** Attempts with an event that the endpoint refuses. */
export const MAX_REFUSALS = REFUSAL_WAITS_MS.length + 1;
