import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { waitFor } from '../../test/wait-for.js';
import { Pacer } from '../delivery/pacer.js';
import { UnwrittenEvents } from './unwritten-events.js';

describe('a turn of the event loop', () => {
  const bench = useDelivery();
  let asked: MockInstance<Pacer['nextTurn']>;
  let sent: MockInstance<UnwrittenEvents['sent']>;

  beforeEach(() => {
    asked = vi.spyOn(Pacer.prototype, 'nextTurn');
    sent = vi.spyOn(UnwrittenEvents.prototype, 'sent');
  });

  /** Of each turn in which requests were started, how many events they carried: between two turns, the second was asked for. */
  const turns = (): readonly (readonly number[])[] => {
    const asks = asked.mock.invocationCallOrder;
    const requests = sent.mock.calls.map(([events], index) => {
      const order = sent.mock.invocationCallOrder[index] ?? 0;
      return { events, turn: asks.filter((ask) => ask < order).length };
    });
    return [...Map.groupBy(requests, ({ turn }) => turn).values()].map((turn) =>
      turn.map(({ events }) => events),
    );
  };

  const backlog = async (maxEvents: number) => {
    const cloudevents = { mode: 'batched' } as const;
    await bench.app.start([bench.endpoint('a', { concurrency: 64, batch: { maxEvents }, cloudevents })]);
    await bench.app.broadcaster.pause('a');
    await Promise.all(Array.from({ length: 640 }, (_, n) => bench.app.publish(`lane-${n % 64}`, n)));
    await waitFor(() => bench.app.metrics('a').Events === 640);
    await bench.app.broadcaster.resume('a');
    await bench.done('a', 640);
  };

  it('starts a few requests of single events, so that the loop is not gone round for each of them', async () => {
    await backlog(1);
    const started = turns().map((turn) => turn.length);
    expect(Math.max(...started)).toBeGreaterThan(1);
    expect(Math.max(...started)).toBeLessThanOrEqual(8);
  });

  it('starts nothing more after an envelope of several, so that clients have their turn', async () => {
    await backlog(50);
    expect(Math.max(...turns().flat())).toBe(50);
    for (const turn of turns()) expect(turn.slice(0, -1).every((events) => events === 1)).toBe(true);
  });
});
