import { describe, expect, it } from 'vitest';
import { parseRetrySchedule } from './retry-schedule.js';

describe('a retry schedule', () => {
  it.each([
    ['standard', 'standard'],
    ['distribution', 'distribution'],
    ['1s', [1_000]],
    ['500ms, 5s,1m30s', [500, 5_000, 90_000]],
    ['0, 1.5ms', [0, 2]],
  ])('reads %j', (text, expected) => {
    expect(parseRetrySchedule(text)).toEqual(expected);
  });

  it.each(['', 'never', '1s,', '5', '-1s', '1s; 2s', Array.from({ length: 101 }, () => '1s').join(',')])(
    'takes %j for none',
    (text) => {
      expect(parseRetrySchedule(text)).toBeUndefined();
    },
  );
});
