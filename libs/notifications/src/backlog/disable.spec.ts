import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Replays } from '../replay/replays.js';
import { LogMaintenance } from '../retention/log-maintenance.js';
import { BacklogWatch } from './backlog-watch.js';

describe('an endpoint that an operator disables', () => {
  const bench = useDelivery();
  const letters = () => bench.app.context.get(DeadLetters).page('a', 0, 10);
  const replays = () => bench.app.context.get(Replays);
  const look = () => bench.app.context.get(BacklogWatch, { strict: false }).look();
  const events = async () => (await bench.app.database.read('SELECT 1 FROM events')).length;
  const paused = async (...numbers: readonly number[]) => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.broadcaster.pause('a');
    await bench.app.publish('x', ...numbers);
  };
  const seen = (count: number) => waitFor(() => bench.app.metrics('a').cursor === count);

  it('has what it had not got as one dead letter, announced, to the last event of the log', async () => {
    await paused(1, 2, 3);
    await bench.app.broadcaster.disable('a');
    expect(bench.app.metrics('a')).toMatchObject({ state: 'disabled', Pending: 0, deadLetters: 3 });
    await expect(letters()).resolves.toMatchObject([
      { reason: 'disabled', firstSequence: 1, lastSequence: 3, count: 3 },
    ]);
    expect(bench.warn.mock.calls.map(([line]) => String(line)).join()).toMatch(
      /endpoint a .* is disabled until an operator enables it.*3 events are one dead letter \(1 to 3\)/,
    );
  });

  it('takes lanes that wait into that letter, and leaves nothing of them', async () => {
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 })]);
    await bench.app.publish('bad', 1);
    await bench.app.publish('good', 1);
    await bench.app.publish('bad', 2);
    await waitFor(() => bench.app.metrics('a').Successes === 1 && bench.app.metrics('a').Pending === 2);
    await bench.app.broadcaster.disable('a');
    await expect(letters()).resolves.toMatchObject([{ firstSequence: 1, lastSequence: 3, count: 2 }]);
    for (const table of ['lane_backlog', 'lane_exceptions'])
      await expect(bench.app.database.read(`SELECT * FROM ${table}`)).resolves.toEqual([]);
  });

  it('gets nothing and has nothing kept, over restarts and changes of its settings', async () => {
    await paused(1);
    await bench.app.broadcaster.disable('a');
    await bench.app.broadcaster.resume('a');
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.broadcaster.reconfigure({ endpoints: [bench.endpoint('a', { threshold: 7 })] });
    await bench.app.publish('x', 2, 3);
    await seen(3);
    await look();
    expect(bench.app.metrics('a')).toMatchObject({
      state: 'disabled',
      Events: 1,
      Pending: 0,
      deadLetters: 1,
      backlog: { share: 0 },
    });
    expect(bench.app.broadcaster.endpoint('a').wants({} as never)).toBe(false);
    expect(bench.receiver.requests).toHaveLength(0);
  });

  it('goes on with new events when it is enabled, and its numbers go on too', async () => {
    await paused(1);
    await bench.app.broadcaster.disable('a');
    await bench.app.broadcaster.resume('a');
    await bench.app.publish('x', 2);
    await bench.app.broadcaster.enable('a');
    expect(bench.app.metrics('a')).toMatchObject({ state: 'active', Pending: 0, deadLetters: 1 });
    await bench.app.publish('x', 3);
    await bench.done('a', 2);
    expect(bench.things()).toEqual(['x3']);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['2']);
  });

  it('can be sent its dead letter again then, while the log has it', async () => {
    await paused(1, 2);
    await bench.app.broadcaster.disable('a');
    await bench.app.broadcaster.resume('a');
    const replay = { selection: { kind: 'dead-letters' } } as const;
    await expect(replays().start('a', replay)).rejects.toMatchObject({ code: 'REPLAY_INVALID' });
    await bench.app.publish('x', 3);
    await bench.app.broadcaster.enable('a');
    await replays().start('a', replay);
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
    expect(bench.things()).toEqual(['x1', 'x2']);
  });

  it('ends its replays, and holds the log no longer', async () => {
    bench.receiver.behaviour = answer(500);
    await bench.app.start([bench.endpoint('a', { threshold: 1 })], { retention: { sizeBytes: 1 } });
    await bench.app.publish('x', 1, 2);
    const job = await replays().start('a', { selection: { kind: 'events', from: 1 } });
    await bench.app.broadcaster.disable('a');
    await expect(replays().byId(job?.id ?? '')).resolves.toMatchObject({
      state: 'failed',
      failure: 'endpoint-disabled',
    });
    await bench.app.publish('x', 3);
    await seen(3);
    await bench.app.progress.flush();
    await bench.app.context.get(LogMaintenance, { strict: false }).run();
    await expect(events()).resolves.toBe(0);
  });

  it('whose backlog had reached its bound keeps the one dead letter that it has', async () => {
    await bench.app.start([bench.endpoint('a', { backlog: { maxEvents: 2 } })]);
    await bench.app.broadcaster.pause('a');
    await bench.app.publish('x', 1, 2);
    await waitFor(() => bench.app.metrics('a').Events === 2);
    await look();
    expect(bench.app.metrics('a').state).toBe('overflowed');
    await bench.app.publish('x', 3);
    await bench.app.broadcaster.disable('a');
    expect(bench.app.metrics('a')).toMatchObject({ state: 'disabled', deadLetters: 3 });
    await expect(letters()).resolves.toMatchObject([{ firstSequence: 1, lastSequence: 3, count: 3 }]);
  });
});
