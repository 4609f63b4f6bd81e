import { Logger } from '@nestjs/common';
import { DatabaseError, WriteBatch, type CommitOutcome } from '@herald/database';
import { describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import type { ReceivedRequest } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

/** What an endpoint may have taken without that being stored, and what one more envelope adds to it. */
const MOST_UNWRITTEN = 10_000;
const ENVELOPE = 100;

const numbersOf = ({ body }: ReceivedRequest): readonly number[] =>
  (JSON.parse(body) as readonly { readonly data: { readonly n: number } }[]).map(({ data }) => data.n);

describe('deliveries while their progress cannot be stored', () => {
  const bench = useDelivery();

  /** From the call on every batch of progress is refused, as by a full disk without a reserve. */
  const refuseProgress = () => {
    const { database } = bench.app;
    const commit = database.commit.bind(database);
    return vi.spyOn(database, 'commit').mockImplementation((batch): Promise<CommitOutcome> => {
      if (batch.purpose !== 'progress') return commit(batch);
      return Promise.reject(new DatabaseError('FULL', 'the disk is full'));
    });
  };

  const publish = async (count: number) => {
    const { log, database } = bench.app;
    const batch = new WriteBatch();
    for (let n = 0; n < count; n += 1) {
      const lane = `lane ${n % 64}`;
      log.append(batch, log.draft({ type: 'test.thing.happened', lane, data: { lane, n } }));
    }
    await database.commit(batch);
  };

  it('go on, pause at 10,000 events that are not stored, and go on when they are: each event once', async () => {
    await bench.app.start([
      bench.endpoint('a', { cloudevents: { mode: 'batched' }, batch: { maxEvents: ENVELOPE } }),
    ]);
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const refusal = refuseProgress();
    await publish(MOST_UNWRITTEN + 2_000);
    const taken = () => bench.app.metrics('a').Successes;
    await waitFor(() => taken() >= MOST_UNWRITTEN, { timeoutMs: 20_000 });
    const paused = bench.receiver.requests.length;
    const refused = () => refusal.mock.calls.filter(([batch]) => batch.purpose === 'progress').length;
    const before = refused();
    // Whoever did not pause would be done with the rest in the meantime.
    await waitFor(() => refused() >= before + 2);
    expect(taken()).toBeLessThan(MOST_UNWRITTEN + ENVELOPE);
    expect(bench.receiver.requests.length).toBe(paused);
    refusal.mockRestore();
    await bench.done('a', MOST_UNWRITTEN + 2_000);
    const numbers = bench.receiver.requests.flatMap(numbersOf);
    expect(new Set(numbers).size).toBe(MOST_UNWRITTEN + 2_000);
    expect(numbers).toHaveLength(MOST_UNWRITTEN + 2_000);
  });
});
