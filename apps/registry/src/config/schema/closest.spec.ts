import { describe, expect, it } from 'vitest';

import { closestTo } from './closest.js';

describe('a guess at what was meant', () => {
  const keys = ['addr', 'draintimeout', 'host', 'secret', 'url'];

  it.each([
    ['adr', 'addr'],
    ['Addr', 'addr'],
    ['draintimout', 'draintimeout'],
    ['drainTimeOut', 'draintimeout'],
    ['hsot', 'host'],
    ['uri', 'url'],
    ['sectret', 'secret'],
  ])('for %s is %s', (word, guess) => {
    expect(closestTo(word, keys)).toBe(guess);
  });

  it.each(['x', 'certificate', '', 'timeout'])('is not made for "%s"', (word) => {
    expect(closestTo(word, keys)).toBeUndefined();
  });
});
