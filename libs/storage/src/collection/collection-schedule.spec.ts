import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newContent, pushBlob, StorageFixture, TestClock } from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import { CollectionSchedule } from './collection-schedule.js';

const HOUR = 3_600_000;

describe('collection by schedule', () => {
  const clock = new TestClock();
  let storage: StorageFixture;

  beforeAll(async () => {
    storage = await StorageFixture.open({
      clock,
      settings: { collection: { graceMs: HOUR, untagged: 'keep' } },
    });
  });

  afterAll(() => storage.close());

  const begin = async (enabled: boolean) => {
    const schedule = new CollectionSchedule(
      { enabled, intervalMs: 24 * HOUR },
      storage.collector,
      clock,
      alone,
    );
    await schedule.onApplicationBootstrap();
    return schedule;
  };

  it('runs a minute after the first start, at each interval, and also when the program is restarted in between', async () => {
    await pushBlob(storage.repository(), newContent(), alone);
    clock.advance(2 * HOUR);
    const first = await begin(true);
    clock.advance(60_000);
    await expect.poll(() => storage.collector.totals).toMatchObject({ runs: 1, blobs: 1 });
    await expect.poll(() => clock.waiting).toBe(1);
    clock.advance(20 * HOUR);
    first.beforeApplicationShutdown();
    expect(clock.waiting).toBe(0);
    await begin(true);
    clock.advance(3 * HOUR);
    expect(storage.collector.totals.runs).toBe(1);
    clock.advance(HOUR);
    await expect.poll(() => storage.collector.totals.runs).toBe(2);
  });

  it('never runs by itself unless it is switched on', async () => {
    const before = clock.waiting;
    await begin(false);
    expect(clock.waiting).toBe(before);
  });
});
