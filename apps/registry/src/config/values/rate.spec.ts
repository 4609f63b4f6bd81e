import { describe, expect, it } from 'vitest';
import { parseRate } from './rate.js';

describe('parseRate', () => {
  it('reads events in a second, a minute and an hour', () => {
    expect(parseRate('100/s')).toEqual({ events: 100, perMs: 1_000 });
    expect(parseRate('10/m')).toEqual({ events: 10, perMs: 60_000 });
    expect(parseRate('1/h')).toEqual({ events: 1, perMs: 3_600_000 });
  });

  it.each(['', '100', '0/s', '-1/s', '1.5/s', '1/d', '1 / s', '01/s', '10000000000/s', '1/s '])(
    'takes %j for no rate',
    (text) => {
      expect(parseRate(text)).toBeUndefined();
    },
  );
});
