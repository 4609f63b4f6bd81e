import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { DeliveryObservers } from './delivery-observer.js';
import { RecentAttempts } from './recent-attempts.js';

describe('recent attempts', () => {
  let observers: DeliveryObservers;
  let attempts: RecentAttempts;

  const tried = (endpoint: string, eventIds: readonly string[], status = 200) =>
    observers.attempted({ endpoint, outcome: 'delivered', result: { status }, durationMs: 5, eventIds });

  beforeEach(() => {
    observers = new DeliveryObservers();
    attempts = new RecentAttempts(observers, new ManualClock());
    attempts.onModuleInit();
  });

  it('are found by each event that they carried, and by endpoint, the newest first', () => {
    tried('a', ['1', '2'], 500);
    tried('b', ['1']);
    tried('a', ['2']);
    expect(attempts.ofEvent('1').map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
    expect(attempts.ofEvent('2')).toMatchObject([{ result: { status: 500 }, events: 2 }, { events: 1 }]);
    expect(attempts.ofEndpoint('a', 1)).toMatchObject([{ result: { status: 200 } }]);
    expect(attempts.ofEvent('3')).toEqual([]);
  });

  it('are bounded by their number, and by the events that they carried', () => {
    for (let number = 0; number < 500; number += 1) tried('a', [`${number}`]);
    expect(attempts.ofEndpoint('a', 1_000)).toHaveLength(200);
    const many = Array.from({ length: 150 }, (_, index) => `e${index}`);
    for (let number = 0; number < 500; number += 1) tried('a', many);
    const kept = attempts.ofEndpoint('a', 1_000);
    expect(kept.reduce((sum, { events }) => sum + events, 0)).toBeLessThanOrEqual(20_000);
  });
});
