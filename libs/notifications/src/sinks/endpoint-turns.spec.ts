import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { waitFor } from '../../test/wait-for.js';
import { Pacer } from '../delivery/pacer.js';
import { EventLog } from '../event-log/event-log.js';
import { Replays } from '../replay/replays.js';
import { UnwrittenEvents } from './unwritten-events.js';

describe('a turn of the event loop', () => {
  const bench = useDelivery();
  let asked: MockInstance<Pacer['nextTurn']>;
  let sent: MockInstance<UnwrittenEvents['sent']>;

  beforeEach(() => {
    asked = vi.spyOn(Pacer.prototype, 'nextTurn');
    sent = vi.spyOn(UnwrittenEvents.prototype, 'sent');
  });

  /** The turn of each call: between two turns, the second was asked for. */
  const turnsOf = (calls: MockInstance): readonly number[] => {
    const asks = asked.mock.invocationCallOrder;
    let turn = 0;
    return calls.mock.invocationCallOrder.map((call) => {
      while ((asks[turn] ?? Number.POSITIVE_INFINITY) < call) turn += 1;
      return turn;
    });
  };

  /** Of each turn in which requests were started, how many events they carried. */
  const turns = (): readonly (readonly number[])[] => {
    const of = turnsOf(sent);
    const requests = sent.mock.calls.map(([events], index) => ({ events, turn: of[index] }));
    return [...Map.groupBy(requests, ({ turn }) => turn).values()].map((turn) =>
      turn.map(({ events }) => events),
    );
  };

  const backlog = async (maxEvents: number, concurrency = 64) => {
    const cloudevents = { mode: 'batched' } as const;
    await bench.app.start([bench.endpoint('a', { concurrency, batch: { maxEvents }, cloudevents })]);
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

  it('starts what lies ready, and reads what comes later when there is nothing to start', async () => {
    const read = vi.spyOn(EventLog.prototype, 'read');
    await backlog(1, 4);
    const reading = turnsOf(read);
    const starting = new Set(turnsOf(sent));
    expect(reading.length).toBeGreaterThan(2);
    expect(reading.filter((turn) => starting.has(turn))).toEqual([]);
  });

  const ofBacklog = () => asked.mock.calls.filter(([, of]) => of).length;

  it('is one of a backlog where more waits than it can start, so that clients go first', async () => {
    await backlog(50);
    expect(ofBacklog()).toBeGreaterThanOrEqual(640 / 50);
  });

  it('is one of a backlog while events are sent again', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1, 2, 3);
    await bench.done('a', 3);
    expect(ofBacklog()).toBe(0);
    const replays = bench.app.context.get(Replays);
    await replays.start('a', { selection: { kind: 'events', from: 1 } });
    await waitFor(() => bench.things().length === 6);
    expect(ofBacklog()).toBeGreaterThan(0);
  });

  it('is none of a backlog for what happens now', async () => {
    await bench.app.start([bench.endpoint('a')]);
    for (let n = 1; n <= 20; n += 1) {
      await bench.app.publish('x', n);
      await bench.done('a', n);
    }
    expect(ofBacklog()).toBe(0);
  });
});
