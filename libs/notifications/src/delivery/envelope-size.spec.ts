import { describe, expect, it } from 'vitest';
import { EnvelopeSize } from './envelope-size.js';

/** Sends so many requests to a receiver that refuses envelopes of more than `most` events, and gives how many it refused. */
function refusals(size: EnvelopeSize, requests: number, most: number): number {
  let refused = 0;
  for (let n = 0; n < requests; n += 1) {
    if (size.events <= most) size.grow(size.events);
    else {
      refused += 1;
      size.refused(size.events);
    }
  }
  return refused;
}

describe('the size of envelopes', () => {
  it('doubles with each success up to what is allowed, and halves with each failure', () => {
    const size = new EnvelopeSize(100);
    const seen = Array.from({ length: 9 }, () => {
      size.grow(size.events);
      return size.events;
    });
    expect(seen).toEqual([2, 4, 8, 16, 32, 64, 100, 100, 100]);
    size.shrink();
    expect(size.events).toBe(50);
    size.grow(50);
    expect(size.events).toBe(100);
  });

  it('stays below what a receiver refuses, and tries more ever more seldom', () => {
    const size = new EnvelopeSize(100);
    expect(refusals(size, 1_000, 1)).toBeLessThan(10);
    expect(refusals(size, 10_000, 1)).toBeLessThan(10);
    expect(size.events).toBe(1);
  });

  it('stays at what a receiver takes that has a limit of its own', () => {
    const size = new EnvelopeSize(100);
    expect(refusals(size, 1_000, 8)).toBeLessThan(10);
    expect([4, 8]).toContain(size.events);
  });

  it('is full again soon after one event of an envelope was the reason', () => {
    const size = new EnvelopeSize(64);
    refusals(size, 7, 64);
    for (let events = 64; events > 1; events = Math.floor(events / 2)) size.refused(events);
    expect(size.events).toBe(1);
    expect(refusals(size, 6, 64)).toBe(0);
    expect(size.events).toBe(64);
  });

  it('finds full envelopes again when the receiver takes them', () => {
    const size = new EnvelopeSize(100);
    refusals(size, 100, 1);
    refusals(size, 10_000, 100);
    expect(size.events).toBe(100);
  });
});
