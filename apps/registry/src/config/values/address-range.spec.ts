import { describe, expect, it } from 'vitest';

import { LOOPBACK_RANGES, parseAddressRange } from './address-range.js';

describe('a range of addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['::1', '::1/128'],
    ['fd00::/8', 'fd00::/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, range) => {
    expect(parseAddressRange(text)).toBe(range);
  });

  it.each(['', 'proxy', '10.0.0.0/33', '::/129', '10.0.0', '10.0.0.0/', '10.0.0.0/8/8'])(
    'refuses "%s"',
    (text) => {
      expect(parseAddressRange(text)).toBeUndefined();
    },
  );

  it('is loopback by default, in its own notation', () => {
    expect(LOOPBACK_RANGES.map(parseAddressRange)).toEqual(LOOPBACK_RANGES);
  });
});
