import { describe, expect, it } from 'vitest';

import { durationMs, parseDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['1s', 1_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['1h1m1s1ms', 3_661_001],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['250ns', 0.00025],
    ['.5s', 500],
    ['1.s', 1_000],
    ['+2s', 2_000],
    ['1.1s', 1_100],
    ['-0s', 0],
  ])('reads %s as Go does: %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms });
  });

  it.each([
    ['500', 'unit-missing'],
    ['1.5', 'unit-missing'],
    ['-3', 'unit-missing'],
    ['-1s', 'negative'],
    ['-1m30s', 'negative'],
    ['', 'syntax'],
    ['s', 'syntax'],
    ['1 s', 'syntax'],
    ['1d', 'syntax'],
    ['1s-1ms', 'syntax'],
    ['soon', 'syntax'],
    ['1e3s', 'syntax'],
    ['10000h', 'too-long'],
  ])('refuses "%s": %s', (text, reason) => {
    expect(parseDuration(text)).toEqual({ ok: false, reason });
  });

  it('is never rounded down to nothing', () => {
    expect([0, '100us', '1ms', '1200us', '1s'].map(durationMs)).toEqual([0, 1, 1, 2, 1_000]);
    expect(() => durationMs('soon')).toThrow(RangeError);
  });
});
