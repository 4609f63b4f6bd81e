import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { DeadLetters } from './dead-letters.js';

describe('the dead letters of an endpoint that was disabled', () => {
  const bench = useDelivery();
  const letters = () => bench.app.context.get(DeadLetters);
  const endpoint = (disabled = false) => bench.endpoint('a', { maxAttempts: 1, disabled });
  const kill = async () => {
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.start([endpoint()]);
    await bench.app.publish('good', 1);
    await bench.app.publish('bad', 1, 2);
    await bench.app.publish('good', 2);
    await bench.done('a', 4);
  };

  it('are still there to look at and to give up', async () => {
    await kill();
    const dead = bench.app.metrics('a').deadLetters;
    await bench.app.start([endpoint(true)]);
    const [first] = await letters().page('a', 0, 10);
    expect(first).toMatchObject({ reason: 'poison', lane: 'bad' });
    await expect(letters().remove('a', first?.id ?? 0)).resolves.toBe('removed');
    await expect(letters().remove('a', first?.id ?? 0)).resolves.toBe('unknown');
    await expect(letters().page('a', 0, 10)).resolves.toHaveLength(dead - 1);
  });

  it('are counted again when it is enabled again', async () => {
    await kill();
    const dead = bench.app.metrics('a').deadLetters;
    await bench.app.start([endpoint(true)]);
    await bench.app.start([endpoint()]);
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: dead, Pending: 0, Successes: 0 });
  });

  it('are kept with its name for a while when that is gone from the configuration, and no longer', async () => {
    await kill();
    const dead = bench.app.metrics('a').deadLetters;
    await bench.app.start([endpoint(true)]);
    await bench.app.start([]);
    expect(bench.app.broadcaster.detached).toMatchObject([{ name: 'a', deadLetters: dead }]);
    await bench.app.start([endpoint()]);
    expect(bench.app.metrics('a')).toMatchObject({ state: 'active', deadLetters: dead });
    await bench.app.broadcaster.reconfigure({ endpoints: [endpoint(true)] });
    await expect(bench.app.broadcaster.reconfigure({ endpoints: [] })).resolves.toMatchObject({
      detached: ['a'],
    });
    await expect(bench.app.broadcaster.forgetDetached(-1)).resolves.toMatchObject([{ name: 'a' }]);
    await expect(letters().page('a', 0, 10)).resolves.toEqual([]);
  });
});
