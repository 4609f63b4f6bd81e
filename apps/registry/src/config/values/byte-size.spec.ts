import { describe, expect, it } from 'vitest';

import { parseByteSize } from './byte-size.js';

describe('a size', () => {
  it.each([
    [0, 0],
    [16_384, 16_384],
    ['512', 512],
    ['512B', 512],
    ['16KiB', 16_384],
    ['64KB', 64_000],
    ['1.5MiB', 1_572_864],
    ['1 GiB', 1_073_741_824],
    ['1gb', 1_000_000_000],
  ])('%s is %d bytes', (value, sizeBytes) => {
    expect(parseByteSize(value)).toBe(sizeBytes);
  });

  it.each([-1, 1.5, Number.NaN, '', 'KiB', '-1KiB', '1.5', '16 K', '16XB', '99999999999GiB', 'toString'])(
    '%s is none',
    (value) => {
      expect(parseByteSize(value)).toBeUndefined();
    },
  );
});
