import { describe, expect, it } from 'vitest';

import { isHeaderName, isHeaderValue } from './header-syntax.js';

describe('a header', () => {
  it.each(['Authorization', 'X-Token_1', "!#$%&'*+.^`|~"])('may be called %s', (name) => {
    expect(isHeaderName(name)).toBe(true);
  });

  it.each(['', 'X Token', 'X:Token', 'X\nToken', 'Tökén', 'Content-Length', 'transfer-encoding'])(
    'may not be called "%s"',
    (name) => {
      expect(isHeaderName(name)).toBe(false);
    },
  );

  it('never carries a line break or another control character', () => {
    expect(['', 'Bearer x', 'a\tb', 'café'].map(isHeaderValue)).toEqual([true, true, true, true]);
    expect(['a\r\nb', 'a\nb', 'a\0', '\u007F', '日'].map(isHeaderValue)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(isHeaderValue('x'.repeat(8_193))).toBe(false);
  });
});
