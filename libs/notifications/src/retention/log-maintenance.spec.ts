import { describe, expect, it } from 'vitest';
import { WriteBatch } from '@herald/database';
import { useDelivery } from '../../test/delivery-bench.js';
import { LeapingClock } from '../../test/leaping-clock.js';
import { ManualClock } from '../../test/manual-clock.js';
import { accept, answer, Receiver } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Clock } from '../delivery/clock.js';
import { LogMaintenance } from './log-maintenance.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('the maintenance of the log', () => {
  const bench = useDelivery();
  const at = (clock: Clock) => ({
    override: (
      builder: Parameters<NonNullable<NonNullable<Parameters<typeof bench.app.start>[1]>['override']>>[0],
    ) => builder.overrideProvider(Clock).useValue(clock),
  });
  const maintain = () => bench.app.context.get(LogMaintenance, { strict: false }).run();
  const said = () => bench.warn.mock.calls.map(([line]) => String(line)).join('\n');
  const sequences = async () =>
    (
      await bench.app.database.read<{ sequence: number }>('SELECT sequence FROM events ORDER BY sequence')
    ).map(({ sequence }) => sequence);

  it('forgets a detached endpoint after 7 days and not before, and says so', async () => {
    const clock = new ManualClock();
    await bench.app.start([bench.endpoint('a')], at(clock));
    await bench.app.start([], at(clock));
    expect(bench.app.broadcaster.detached).toMatchObject([{ name: 'a', detachedAtMs: clock.now() }]);
    expect(bench.app.health.check().notifications).toMatchObject({ detached: ['a'] });
    clock.advance(7 * DAY_MS - 1);
    await maintain();
    expect(bench.app.broadcaster.detached).toHaveLength(1);
    clock.advance(HOUR_MS);
    await waitFor(() => bench.app.broadcaster.detached.length === 0);
    expect(said()).toContain('endpoint a was not configured for 7 days: it is forgotten');
    await expect(bench.app.database.read('SELECT name FROM endpoints')).resolves.toEqual([]);
  });

  it('makes one dead letter of what an endpoint did not take in time, keeps what is young, and goes on', async () => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = answer(500);
    const endpoint = bench.endpoint('a', { threshold: 1, only: { types: ['test.**'] } });
    await bench.app.start([endpoint], at(clock));
    await bench.app.publish('x', 1);
    await bench.app.publish('y', 1, 2);
    await bench.app.log.publish({ type: 'other.thing.happened', lane: 'x', data: {} });
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    clock.leap(72 * HOUR_MS + 1);
    await bench.app.publish('x', 2);
    await waitFor(() => bench.app.metrics('a').Pending === 4);
    await maintain();
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, deadLetters: 3, Events: 4, Successes: 0 });
    await expect(
      bench.app.database.read('SELECT first_sequence, last_sequence, count, reason FROM dead_letters'),
    ).resolves.toEqual([expect.objectContaining({ first_sequence: 1, count: 3, reason: 'expired' })]);
    expect(said()).toMatch(/endpoint a \(\S+\) took nothing for too long: 3 events are one dead letter/);
    bench.receiver.requests.length = 0;
    bench.receiver.behaviour = accept;
    await bench.done('a', 4);
    expect(bench.things()).toContain('x2');
    expect(bench.receiver.headers('herald-sequence').at(-1)).toBe('4');
  });

  it('lets no event expire while the endpoint was paused, or not tried for so long', async () => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = answer(500);
    await bench.app.start([bench.endpoint('a', { threshold: 1 })], at(clock));
    await bench.app.publish('x', 1);
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    await bench.app.broadcaster.pause('a');
    clock.leap(100 * HOUR_MS);
    await bench.app.broadcaster.resume('a');
    await maintain();
    clock.leap(71 * HOUR_MS);
    await maintain();
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, deadLetters: 0 });
    await bench.app.start([bench.endpoint('a', { threshold: 1 })], at(clock));
    clock.leap(HOUR_MS);
    await maintain();
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 0, deadLetters: 1 });
  });

  it('removes what is too old or too much, and says how much', async () => {
    const clock = new LeapingClock();
    await bench.app.start([bench.endpoint('a')], {
      ...at(clock),
      retention: { ageMs: DAY_MS, sizeBytes: 60 },
    });
    await bench.app.publish('x', 1, 2, 3, 4, 5);
    await bench.done('a', 5);
    await bench.app.progress.flush();
    await maintain();
    // {"lane":"x","n":1} is 18 bytes.
    expect(await sequences()).toEqual([3, 4, 5]);
    clock.leap(DAY_MS + 1);
    await bench.app.publish('x', 6);
    await bench.done('a', 6);
    await bench.app.progress.flush();
    await maintain();
    expect(await sequences()).toEqual([6]);
    expect(await bench.app.log.head()).toBe(6);
  });

  it('is not held up by events that a wrong clock dated far ahead, be there one or many', async () => {
    const clock = new LeapingClock();
    const start = () => bench.app.start([], { ...at(clock), retention: { ageMs: DAY_MS, sizeBytes: 0 } });
    await start();
    await bench.app.publish('x', 1);
    clock.leap(70 * 365 * DAY_MS);
    await bench.app.publish('x', 2);
    await maintain();
    // Nobody knows how old it is, but that it is older than what came after it.
    expect(await sequences()).toEqual([2]);
    clock.leap(-70 * 365 * DAY_MS);
    await bench.app.publish('x', 3, 4);
    await maintain();
    expect(await sequences()).toEqual([2, 3, 4]);
    clock.leap(DAY_MS + 1);
    await bench.app.publish('x', 5);
    await maintain();
    expect(await sequences()).toEqual([5]);
    await bench.app.database.commit(
      new WriteBatch().run(
        `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
         INSERT INTO events (id, lane, type, time_ms, size_bytes, data) SELECT i, 'x', 'test.ahead', ?, 2, '{}' FROM n`,
        [clock.now() + 1_000 * DAY_MS],
      ),
    );
    await bench.app.publish('x', 6);
    await maintain();
    expect(await sequences()).toHaveLength(6_002);
    clock.leap(DAY_MS + 1);
    await bench.app.publish('x', 7);
    await start();
    await maintain();
    expect(await sequences()).toEqual([6_007]);
  });

  it.each([
    ['that were read', 0],
    ['that were not read yet', 1],
  ])('lets events %s expire behind one that a wrong clock dated far ahead', async (_which, before) => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = answer(500);
    await bench.app.start([bench.endpoint('a', { threshold: 1 })], at(clock));
    const down = () => waitFor(() => bench.app.metrics('a').breaker === 'open');
    if (before > 0) {
      await bench.app.publish('w', 1);
      await down();
    } else {
      await bench.app.broadcaster.pause('a');
    }
    const ahead = (n: number) =>
      bench.app.log.publish({
        type: 'test.thing.happened',
        lane: 'y',
        data: { lane: 'y', n },
        time: new Date(clock.now() + 1_000 * DAY_MS),
      });
    await bench.app.publish('x', 1);
    await ahead(1);
    await bench.app.publish('x', 2);
    await ahead(2);
    await waitFor(() => bench.app.metrics('a').Pending === before + 4);
    await bench.app.broadcaster.resume('a');
    await down();
    clock.leap(72 * HOUR_MS + 1);
    await bench.app.publish('x', 3);
    await waitFor(() => bench.app.metrics('a').Pending === before + 5);
    await maintain();
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 2, deadLetters: before + 3 });
    await expect(
      bench.app.database.read('SELECT first_sequence, last_sequence, count FROM dead_letters'),
    ).resolves.toEqual([{ first_sequence: 1, last_sequence: before + 3, count: before + 3 }]);
  });

  it('never removes what an endpoint has still to receive: behind, waiting, dead, or detached', async () => {
    const clock = new LeapingClock();
    const other = await Receiver.start();
    const tidy = bench.endpoint('tidy', { url: other.url });
    const limits = { ...at(clock), retention: { ageMs: DAY_MS, sizeBytes: 1 } };
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 }), tidy], limits);
    await bench.app.publish('good', 1);
    await bench.app.publish('bad', 1);
    await bench.app.publish('good', 2, 3);
    await waitFor(() => bench.app.metrics('a').Successes >= 3 && bench.app.metrics('tidy').Successes === 4);
    await bench.app.progress.flush();
    clock.leap(2 * DAY_MS);
    await maintain();
    expect((await sequences()).at(0)).toBe(2);
    await bench.app.start([tidy], limits);
    await maintain();
    expect((await sequences()).at(0)).toBe(2);
    expect(said()).toContain('endpoint a has still to receive the oldest');
    await bench.app.stop();
    await other.stop();
  });

  it('never removes an event that lies in dead letters, until it is given up', async () => {
    const clock = new LeapingClock();
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 })], {
      ...at(clock),
      retention: { ageMs: DAY_MS, sizeBytes: 1 },
    });
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.publish('bad', 1);
    let good = 0;
    for (; bench.app.metrics('a').deadLetters === 0; good += 1) await bench.app.publish('good', good);
    await bench.done('a', good + 1);
    await bench.app.progress.flush();
    clock.leap(2 * DAY_MS);
    await maintain();
    expect((await sequences()).at(0)).toBe(1);
    await bench.app.context.get(DeadLetters).remove('a', 1);
    await bench.app.progress.flush();
    await maintain();
    expect(await sequences()).toEqual([]);
  });

  it('keeps no event for nobody', async () => {
    await bench.app.start([], { retention: { sizeBytes: 1 } });
    await bench.app.publish('x', 1, 2);
    await maintain();
    expect(await sequences()).toEqual([]);
  });

  it('gives the room back to the file system', async () => {
    await bench.app.start([bench.endpoint('a')], { retention: { sizeBytes: 1_000 } });
    const text = 'x'.repeat(20_000);
    for (let n = 0; n < 60; n += 1) {
      await bench.app.log.publish({ type: 'test.thing.happened', lane: 'x', data: { lane: 'x', n, text } });
    }
    await bench.done('a', 60);
    await bench.app.progress.flush();
    const pages = async () =>
      (
        await bench.app.database.read<{ pages: number }>('SELECT page_count AS pages FROM pragma_page_count')
      )[0]?.pages ?? 0;
    const before = await pages();
    await maintain();
    expect(await sequences()).toEqual([]);
    expect(await pages()).toBeLessThan(before / 2);
  });
});
