import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueLists } from './rows.js';

describe('valueLists', () => {
  it('makes nothing of nothing', () => {
    expect(valueLists([])).toEqual([]);
  });

  it('fills a list up by repeating its last value, and counts what differs', () => {
    expect(valueLists(['a', 'b', 'c', 'd', 'e'])).toEqual([
      {
        placeholders: Array.from({ length: 16 }, () => '?').join(', '),
        params: ['a', 'b', 'c', 'd', 'e', ...Array.from({ length: 11 }, () => 'e')],
        count: 5,
      },
    ]);
  });

  it('asks for every value once, in order, by a handful of different texts', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 300 }), (values) => {
        const lists = valueLists(values);
        expect(lists.flatMap(({ params, count }) => params.slice(0, count))).toEqual(values);
        for (const { placeholders, params, count } of lists) {
          expect(placeholders.split(', ')).toHaveLength(params.length);
          expect([1, 4, 16, 64]).toContain(params.length);
          expect(new Set(params).size).toBe(count);
        }
      }),
    );
  });
});
