import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';

/** A loaded machine needs longer than the second that is waited otherwise. */
const SOON = { timeout: 10_000 };

describe('a read of the log that ends after its delivery was ended', () => {
  const bench = useDelivery();

  it('stores nothing over what the next delivery came to', async () => {
    await bench.app.start([bench.endpoint('a')]);
    const { log, broadcaster, progress, database } = bench.app;
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const read = log.read.bind(log);
    const reads = vi.spyOn(log, 'read').mockImplementationOnce(async (after, limit) => {
      await gate;
      return read(after, limit);
    });
    await bench.app.publish('x', 1);
    await vi.waitFor(() => expect(reads).toHaveBeenCalledTimes(1), SOON);
    await broadcaster.reconfigure({ endpoints: [bench.endpoint('a', { threshold: 7 })] });
    await bench.done('a', 1);
    await progress.flush();
    release();
    await reads.mock.results[0]?.value;
    await nextTurn();
    await progress.flush();
    const rows = await database.read('SELECT number, delivered FROM endpoints');
    expect(rows).toEqual([{ number: 1, delivered: 1 }]);
  });
});
