import { describe, expect, it } from 'vitest';
import { DispatcherBench as Bench, SUCCESS } from '../../test/dispatcher-bench.js';
import { EventRate } from './event-rate.js';

describe('EventRate', () => {
  it('lets through what it says over any time, and at most a second of it at once', () => {
    const rate = new EventRate({ events: 50, perMs: 1_000 }, 0);
    let sent = 0;
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 7) {
      const now = rate.available(nowMs);
      expect(now).toBeLessThanOrEqual(50);
      rate.spend(now, nowMs);
      sent += now;
      expect(sent).toBeLessThanOrEqual(50 + (nowMs * 50) / 1_000);
    }
    expect(sent).toBeGreaterThan(545);
  });

  it('lets one event through at once, however few an hour has', () => {
    const rate = new EventRate({ events: 2, perMs: 3_600_000 }, 0);
    expect(rate.available(0)).toBe(1);
    rate.spend(1, 0);
    expect(rate.available(0)).toBe(0);
    expect(rate.nextAtMs(0)).toBeCloseTo(1_800_000, 3);
    expect(rate.available(1_799_999)).toBe(0);
    expect(rate.available(1_800_000)).toBe(1);
    expect(rate.available(36_000_000)).toBe(1);
  });

  it('is not misled by a clock that is asked out of turn', () => {
    const rate = new EventRate({ events: 1, perMs: 1_000 }, 5_000);
    rate.spend(1, 5_000);
    expect(rate.available(4_000)).toBe(0);
    expect(rate.available(5_999)).toBe(0);
    expect(rate.available(6_000)).toBe(1);
  });
});

describe('an endpoint with a rate', () => {
  const rate = { events: 2, perMs: 1_000 };

  it('is sent no more, and wakes when the next may go', () => {
    const bench = new Bench(['a', 'b', 'c', 'd'], { rate });
    expect(bench.run(1, () => SUCCESS)).toHaveLength(2);
    bench.nowMs = 200;
    expect(bench.send(SUCCESS)).toBeUndefined();
    expect(bench.dispatcher.nextWakeMs(200)).toBe(500);
    bench.nowMs = 500;
    expect(bench.send(SUCCESS)).toBeDefined();
    expect(bench.send(SUCCESS)).toBeUndefined();
  });

  it('gets envelopes that keep to it', () => {
    const envelope = { events: 100, bytes: 100_000, sizeOf: () => 10 };
    const bench = new Bench(
      Array.from({ length: 300 }, () => 'a'),
      { rate: { events: 40, perMs: 1_000 }, envelope },
    );
    for (let second = 0; second < 6; second += 1) {
      let events = 0;
      for (let next = bench.next(); next !== undefined; next = bench.next()) {
        events += next.records.length;
        bench.settle(next, SUCCESS);
      }
      expect(events).toBe(40);
      bench.nowMs += 1_000;
    }
  });

  it('has nothing to wake for when nothing is ready', () => {
    const bench = new Bench(['a', 'b'], { rate });
    bench.run(1, () => SUCCESS);
    expect(bench.dispatcher.nextWakeMs(10)).toBe(Number.POSITIVE_INFINITY);
  });
});
