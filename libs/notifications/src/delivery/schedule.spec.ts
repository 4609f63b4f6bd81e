import { describe, expect, it } from 'vitest';
import { refusalWaitMs, schedulesOf, type ScheduleSettings } from './schedule.js';

const SETTINGS: ScheduleSettings = {
  schedule: 'standard',
  threshold: 3,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
};
const schedules = (settings: Partial<ScheduleSettings>, chance: number) =>
  schedulesOf({ ...SETTINGS, ...settings }, { next: () => chance });

describe('the standard schedule', () => {
  it('doubles the longest wait with each attempt, up to the limit', () => {
    const { event } = schedules({}, 0.999_999);
    const waits = [1, 2, 3, 4, 5, 6, 7, 100, 5_000].map((attempts) => Math.round(event(attempts)));
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it('takes any wait between none and the longest', () => {
    expect(schedules({}, 0.5).event(1)).toBe(1_000);
    expect(schedules({}, 0).event(7)).toBe(0);
  });
});

describe('the schedule of distribution', () => {
  it('tries as often as the threshold says at once, and then at a fixed distance', () => {
    const { event, breaker } = schedules({ schedule: 'distribution' }, 0.1);
    expect([1, 2, 3, 4, 100].map(event)).toEqual([0, 0, 1_000, 1_000, 1_000]);
    expect([1, 2, 100].map(breaker)).toEqual([1_000, 1_000, 1_000]);
  });
});

describe('a schedule that is a list', () => {
  it('has exactly these waits, the last repeated', () => {
    const { event } = schedules({ schedule: [5, 50, 500] }, 0.1);
    expect([1, 2, 3, 4, 100].map(event)).toEqual([5, 50, 500, 500, 500]);
  });
});

describe('refusalWaitMs', () => {
  it('has the four attempts with an event that is refused within 15 s', () => {
    const waits = [1, 2, 3].map(refusalWaitMs);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(15_000);
  });
});
