import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { answer, Receiver } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

describe('an operator', () => {
  const bench = useDelivery();

  it('pauses an endpoint over restarts and changed settings, and what waited arrives when it is resumed', async () => {
    const witness = await Receiver.start();
    const other = bench.endpoint('witness', { url: witness.url });
    await bench.app.start([bench.endpoint('a'), other]);
    await bench.app.broadcaster.pause('a');
    await bench.app.publish('x', 1, 2);
    await bench.app.start([bench.endpoint('a', { threshold: 7 }), other]);
    await bench.app.publish('x', 3);
    await bench.done('witness', 3);
    await waitFor(() => bench.app.metrics('a').Events === 3);
    expect(bench.app.metrics('a')).toMatchObject({ state: 'paused', Pending: 3 });
    expect(bench.app.health.check().notifications.endpoints['a']).toMatchObject({ state: 'paused' });
    expect(bench.receiver.requests).toHaveLength(0);
    await bench.app.broadcaster.resume('a');
    await bench.done('a', 3);
    expect(bench.things()).toEqual(['x1', 'x2', 'x3']);
    await bench.app.start([bench.endpoint('a'), other]);
    expect(bench.app.metrics('a').state).toBe('active');
    await bench.app.stop();
    await witness.stop();
  });

  it('sees an endpoint that retired while it was paused as retired, and enables it durably', async () => {
    bench.receiver.behaviour = answer(410);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await waitFor(() => bench.app.metrics('a').state === 'retired');
    await bench.app.broadcaster.pause('a');
    expect(bench.app.metrics('a').state).toBe('retired');
    await bench.app.broadcaster.enable('a');
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.metrics('a').state).toBe('paused');
    expect(bench.receiver.requests).toHaveLength(1);
  });

  it('can do nothing to an endpoint that is not there', async () => {
    await bench.app.start([]);
    const unknown = expect.objectContaining({ code: 'ENDPOINT_UNKNOWN' });
    await expect(bench.app.broadcaster.pause('a')).rejects.toEqual(unknown);
    await expect(bench.app.broadcaster.resume('a')).rejects.toEqual(unknown);
    await expect(bench.app.broadcaster.enable('a')).rejects.toEqual(unknown);
  });
});
