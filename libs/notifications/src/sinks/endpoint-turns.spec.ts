import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { waitFor } from '../../test/wait-for.js';
import { Courier } from './courier.js';

describe('a turn of the event loop', () => {
  const bench = useDelivery();
  /** Of each turn in which requests were started, how many events they carried. */
  let turns: number[][];

  beforeEach(() => {
    turns = [];
    let turn: number[] | undefined;
    // oxlint-disable-next-line typescript/unbound-method -- called with the courier that it was called on
    const { send } = Courier.prototype;
    vi.spyOn(Courier.prototype, 'send').mockImplementation(function (this: Courier, consignment, ended) {
      if (turn === undefined) {
        turns.push((turn = []));
        setImmediate(() => (turn = undefined));
      }
      turn.push(consignment.records.length);
      send.call(this, consignment, ended);
    });
  });

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
    const started = turns.map((turn) => turn.length);
    expect(Math.max(...started)).toBeGreaterThan(1);
    expect(Math.max(...started)).toBeLessThanOrEqual(8);
  });

  it('starts nothing more after an envelope of several, so that clients have their turn', async () => {
    await backlog(50);
    expect(Math.max(...turns.flat())).toBe(50);
    for (const turn of turns) expect(turn.slice(0, -1).every((events) => events === 1)).toBe(true);
  });
});
