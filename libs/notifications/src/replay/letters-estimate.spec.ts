import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { waitFor } from '../../test/wait-for.js';
import { BacklogWatch } from '../backlog/backlog-watch.js';
import { LogMaintenance } from '../retention/log-maintenance.js';
import { Replays } from './replays.js';

/** Bytes of `{"lane":"x","n":1}`. */
const EVENT_BYTES = 18;
const ALL = { selection: { kind: 'dead-letters' } } as const;

describe('what a replay of dead letters would send', () => {
  const bench = useDelivery();
  const replays = () => bench.app.context.get(Replays);
  const look = () => bench.app.context.get(BacklogWatch, { strict: false }).look();
  const maintain = () => bench.app.context.get(LogMaintenance, { strict: false }).run();

  beforeEach(() => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });

  afterEach(async () => {
    await bench.app.stop();
  });

  /** An endpoint for things alone, whose backlog overflows with these events: its letter does not keep them in the log. */
  const overflowed = async (keptBytes: number, things: readonly (readonly [string, number])[]) => {
    const endpoint = bench.endpoint('a', {
      only: { types: ['test.**'] },
      backlog: { maxEvents: things.length },
    });
    await bench.app.start([endpoint], { retention: { ageMs: 0, sizeBytes: keptBytes } });
    await bench.app.broadcaster.pause('a');
    for (const [lane, n] of things) {
      await bench.app.log.publish({ type: 'other.thing.happened', lane, data: { lane: 'o', n } });
      await bench.app.publish(lane, n);
    }
    await waitFor(() => bench.app.metrics('a').Events === things.length);
    await look();
    expect(bench.app.metrics('a')).toMatchObject({ state: 'overflowed', deadLetters: things.length });
    await bench.app.broadcaster.resume('a');
    await bench.app.broadcaster.enable('a');
  };
  const four = [
    ['x', 1],
    ['y', 2],
    ['x', 3],
    ['y', 4],
  ] as const;

  it('is all of them while the log has their events', async () => {
    await overflowed(100 * EVENT_BYTES, four);
    await maintain();
    await expect(replays().estimate('a', ALL)).resolves.toEqual({ events: 4, gone: 0 });
  });

  it('is without those that retention has removed, as the job says later', async () => {
    // Of the events that are kept, every other one is wanted.
    await overflowed(4 * EVENT_BYTES, four);
    await maintain();
    await expect(replays().estimate('a', ALL)).resolves.toEqual({ events: 2, gone: 2 });
    await expect(
      replays().estimate('a', { selection: { kind: 'dead-letters', letters: [1] } }),
    ).resolves.toEqual({ events: 2, gone: 2 });
    const job = await replays().start('a', ALL);
    await waitFor(async () => (await replays().byId(job?.id ?? ''))?.endedAtMs !== undefined);
    await expect(replays().byId(job?.id ?? '')).resolves.toMatchObject({ sent: 2, gone: 2, failed: 0 });
    expect(bench.things()).toEqual(['x3', 'y4']);
  });

  it('is nothing when the log has forgotten all of them, and without letters that another job sends', async () => {
    await overflowed(1, four);
    await maintain();
    await expect(replays().estimate('a', ALL)).resolves.toEqual({ events: 0, gone: 4 });
    await bench.app.broadcaster.pause('a');
    await replays().start('a', ALL);
    await expect(replays().estimate('a', ALL)).resolves.toEqual({ events: 0, gone: 0 });
  });
});
