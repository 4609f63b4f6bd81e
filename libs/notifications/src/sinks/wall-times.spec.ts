import { describe, expect, it } from 'vitest';

import { ManualClock } from '../../test/manual-clock.js';
import type { LaneException } from '../delivery/progress.js';
import { NO_HISTORY } from '../delivery/progress.js';
import { restoredExceptions } from './wall-times.js';

const LONGEST_MS = 60_000;

describe('a lane that waited when the program ended', () => {
  const clock = new ManualClock();
  const waited = (dueMs: number): number | undefined => {
    const exception: LaneException = { lane: 'a', sequence: 1, timeMs: 0, dueMs, history: NO_HISTORY };
    const [restored] = restoredExceptions([exception], { longestWaitMs: LONGEST_MS }, clock);
    return restored && restored.dueMs - clock.monotonic();
  };

  it('waits for what is left of its time', () => {
    expect(waited(clock.now() + 20_000)).toBe(20_000);
  });

  it('is due at once when its time is over', () => {
    expect(waited(clock.now() - 20_000)).toBe(0);
  });

  it('waits no longer than its schedule ever says, though the clock was set back', () => {
    expect(waited(clock.now() + 365 * 86_400_000)).toBe(LONGEST_MS);
  });
});
