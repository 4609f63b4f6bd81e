import { SqliteDatabase, WriteBatch } from '@herald/database';
import { describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { accept, answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

const EVENTS = 6_000;
const LANES = 20;

describe('a long backlog of an endpoint that is down', () => {
  const bench = useDelivery();
  const endpoint = () =>
    bench.endpoint('a', {
      threshold: 2,
      cloudevents: { mode: 'batched' },
      batch: { maxEvents: 1_000, maxBytes: 1_000_000 },
    });
  const publish = async () => {
    for (let from = 0; from < EVENTS; from += 500) {
      const batch = new WriteBatch();
      for (let index = from; index < from + 500; index += 1) {
        const [lane, n] = [`lane${index % LANES}`, Math.floor(index / LANES)];
        bench.app.log.append(
          batch,
          bench.app.log.draft({ type: 'test.thing.happened', lane, data: { lane, n } }),
        );
      }
      await bench.app.database.commit(batch);
    }
  };

  it('is not read by a restart, and arrives when the endpoint is back, each event once and in the order of its lane', async () => {
    bench.receiver.behaviour = answer(503);
    await bench.app.start([endpoint()]);
    await publish();
    await waitFor(() => bench.app.metrics('a').Events === EVENTS);
    await bench.app.stop();
    const read = vi.spyOn(SqliteDatabase.prototype, 'read');
    await bench.app.start([endpoint()]);
    const results = await Promise.all(read.mock.results.map(({ value }) => value as Promise<unknown[]>));
    const rows = results.reduce((sum, found) => sum + found.length, 0);
    // The windows of what may be in memory: 256 records and 1,000 lanes, whatever lies in the log.
    expect(rows).toBeLessThan(1_500);
    read.mockRestore();
    expect(bench.app.metrics('a')).toMatchObject({ Pending: EVENTS, Events: EVENTS });
    const began = bench.receiver.requests.length;
    bench.receiver.behaviour = accept;
    await bench.done('a', EVENTS);
    const arrived = bench.receiver.requests
      .slice(began)
      .flatMap(({ body }) => JSON.parse(body) as { id: string; data: { lane: string; n: number } }[]);
    const taken = arrived.slice(-EVENTS);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(EVENTS);
    for (let lane = 0; lane < LANES; lane += 1) {
      const numbers = taken.filter(({ data }) => data.lane === `lane${lane}`).map(({ data }) => data.n);
      expect(numbers).toEqual(Array.from({ length: EVENTS / LANES }, (_, n) => n));
    }
  });
});
