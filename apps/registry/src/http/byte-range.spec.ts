import { describe, expect, it } from 'vitest';
import { readRange } from './byte-range.js';

const part = (start: number, end: number) => ({ kind: 'part', range: { start, end } });

describe('readRange', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-0', part(0, 0)],
    ['bytes=3-', part(3, 9)],
    ['bytes=3-500', part(3, 9)],
    ['bytes=-4', part(6, 9)],
    ['bytes=-400', part(0, 9)],
    ['bytes=10-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=5-3', { kind: 'unsatisfiable' }],
    ['Bytes=, 2-3 ,', part(2, 3)],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=0-1,3-4', { kind: 'whole' }],
    ['bytes=2-99999999999999999999', part(2, 9)],
    ['bytes=-99999999999999999999', part(0, 9)],
    ['bytes=99999999999999999999-', { kind: 'unsatisfiable' }],
    ['items=0-1', { kind: 'whole' }],
  ])('reads %s of ten bytes by RFC 9110', (header, expected) => {
    expect(readRange(header, 10)).toEqual(expected);
  });

  it('cannot satisfy any range of nothing', () => {
    expect(readRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(readRange('bytes=-1', 0)).toEqual({ kind: 'unsatisfiable' });
  });
});
