import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { LeapingClock } from '../../test/leaping-clock.js';
import { accept, answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { Clock } from '../delivery/clock.js';
import { LogMaintenance } from '../retention/log-maintenance.js';
import { Replays } from '../replay/replays.js';
import { claimLetters } from './claimed-letters.js';
import { DeadLetters } from './dead-letters.js';

describe('dead letters', () => {
  const bench = useDelivery();
  const letters = () => bench.app.context.get(DeadLetters);
  const replay = async (...ids: readonly number[]) => {
    const selection = { kind: 'dead-letters', ...(ids.length > 0 && { letters: ids }) } as const;
    const job = await bench.app.context.get(Replays).start('a', { selection });
    if (job === undefined) throw new Error('there is nothing to send');
    return job;
  };
  const ended = (id: string) =>
    waitFor(async () => (await bench.app.context.get(Replays).byId(id))?.endedAtMs !== undefined);
  const ids = async () => (await letters().page('a', 0, 10)).map(({ id }) => id);
  let broken: boolean;

  beforeEach(() => {
    broken = true;
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(broken && request.body.includes('"lane":"bad"') ? 500 : 200).end();
  });

  afterEach(async () => {
    await bench.app.stop();
  });

  /** An endpoint with one dead letter, event `bad1`. */
  const withLetter = async () => {
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 })]);
    await bench.app.publish('bad', 1);
    let good = 0;
    for (; bench.app.metrics('a').deadLetters === 0; good += 1) await bench.app.publish('good', good);
    await bench.done('a', good + 1);
    await bench.app.progress.flush();
    bench.receiver.requests.length = 0;
    return { events: good + 1 };
  };

  it('are sent again when somebody asks, marked and outside the numbers, and lie there no more', async () => {
    const { events } = await withLetter();
    broken = false;
    const { id: job, events: sent } = await replay();
    expect(sent).toBe(1);
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
    expect(bench.things()).toEqual(['bad1']);
    const [request] = bench.receiver.requests;
    expect(request?.headers).toMatchObject({ 'herald-replay': job });
    expect(request?.headers['herald-sequence']).toBeUndefined();
    expect(bench.app.metrics('a')).toMatchObject({ Successes: events, Pending: 0, Events: events });
    await bench.app.start([bench.endpoint('a')]);
    expect(await ids()).toEqual([]);
    expect(bench.app.metrics('a')).toMatchObject({ Successes: events, deadLetters: 0 });
  });

  it('wait for an endpoint that is paused, over a restart too, and are sent then', async () => {
    await withLetter();
    broken = false;
    await bench.app.broadcaster.pause('a');
    await replay();
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.receiver.requests).toHaveLength(0);
    await bench.app.broadcaster.resume('a');
    await waitFor(() => bench.app.metrics('a').deadLetters === 0, { timeoutMs: 10_000 });
    expect(bench.things()).toEqual(['bad1']);
  }, 20_000);

  it('stay when the endpoint refuses them again, and say so', async () => {
    await withLetter();
    bench.receiver.behaviour = answer(422);
    const [before] = await letters().page('a', 0, 10);
    const { id: job } = await replay();
    await ended(job);
    // The endpoint hears of its commit after the database has it.
    await waitFor(() => bench.warn.mock.calls.some(([line]) => String(line).includes(job)));
    expect(bench.warn.mock.calls.map(([line]) => String(line)).at(-1)).toContain(
      '0 events sent, 1 not taken',
    );
    const [letter] = await letters().page('a', 0, 10);
    expect(letter).toMatchObject({ lastStatus: 422, attempts: (before?.attempts ?? 0) + 1 });
    expect(letter?.redrive).toBeUndefined();
    expect(bench.app.metrics('a').deadLetters).toBe(1);
  });

  it('are given up by an operator, and count no more', async () => {
    const { events } = await withLetter();
    const [id = 0] = await ids();
    await expect(letters().remove('a', id + 1)).resolves.toBe('unknown');
    await expect(letters().remove('a', id)).resolves.toBe('removed');
    expect(await ids()).toEqual([]);
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: 0, Pending: 0, Successes: events - 1 });
  });

  it('are sent again and not given up, or the reverse, when both are asked for at once: whoever commits first', async () => {
    const { events } = await withLetter();
    broken = false;
    const [id = 0] = await ids();
    await bench.app.broadcaster.pause('a');
    /** Does something after the next batch was made, and before it is committed. */
    const overtake = (act: () => Promise<unknown>) => {
      const { database } = bench.app;
      const commit = database.commit.bind(database);
      vi.spyOn(database, 'commit').mockImplementationOnce(async (batch) => {
        await act();
        return commit(batch);
      });
    };
    overtake(() => replay(id));
    await expect(letters().remove('a', id)).resolves.toBe('redriving');
    const [job] = await bench.app.context.get(Replays).page({ limit: 1 });
    await bench.app.context.get(Replays).cancel(job?.id ?? '');
    overtake(() => letters().remove('a', id));
    await expect(replay(id)).rejects.toThrow('nothing to send');
    await bench.app.broadcaster.resume('a');
    const expected = { deadLetters: 0, Pending: 0, Events: events, Successes: events - 1 };
    expect(bench.app.metrics('a')).toMatchObject(expected);
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.metrics('a')).toMatchObject(expected);
    expect(bench.receiver.requests).toEqual([]);
  });

  it('that were being given up when the program ended can be given up, and sent again, by the next run', async () => {
    await withLetter();
    const [id = 0] = await ids();
    await expect(claimLetters(bench.app.database, 'a', { id })).resolves.toEqual([{ id, count: 1 }]);
    await expect(replay()).rejects.toThrow('nothing to send');
    await expect(letters().remove('a', id)).resolves.toBe('unknown');
    await bench.app.start([bench.endpoint('a')]);
    broken = false;
    await expect(replay()).resolves.toMatchObject({ events: 1 });
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
  });

  it('are given up at the configured age and not before, with an announcement', async () => {
    const clock = new LeapingClock();
    const maintain = () => bench.app.context.get(LogMaintenance, { strict: false }).run();
    const start = () =>
      bench.app.start([bench.endpoint('a', { threshold: 1_000 })], {
        retention: { deadLetterAgeMs: 3_600_000, ageMs: 0, sizeBytes: 0 },
        override: (builder) => builder.overrideProvider(Clock).useValue(clock),
      });
    await start();
    await bench.app.publish('bad', 1);
    let good = 0;
    for (; bench.app.metrics('a').deadLetters === 0; good += 1) await bench.app.publish('good', good);
    await bench.done('a', good + 1);
    await bench.app.progress.flush();
    clock.leap(3_500_000);
    await maintain();
    expect(await ids()).toHaveLength(1);
    clock.leap(200_000);
    await maintain();
    expect(await ids()).toEqual([]);
    expect(bench.app.metrics('a').agedDeadLetters).toBe(1);
    expect(bench.warn.mock.calls.map(([line]) => String(line)).join('\n')).toMatch(
      /endpoint a \(\S+\): 1 events were dead letters for longer than/,
    );
    await start();
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: 0, Pending: 0, Successes: good });
  });

  it('that are a range are sent event by event, those that are wanted', async () => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = answer(500);
    await bench.app.start([bench.endpoint('a', { only: { types: ['test.**'] } })], {
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    await bench.app.publish('x', 1);
    await bench.app.log.publish({ type: 'other.thing.happened', lane: 'x', data: {} });
    await bench.app.publish('y', 1, 2);
    await waitFor(() => bench.app.metrics('a').Events === 3 && bench.app.metrics('a').Failures > 0);
    clock.leap(73 * 3_600_000);
    await bench.app.context.get(LogMaintenance, { strict: false }).run();
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: 3, Pending: 0 });
    bench.receiver.behaviour = accept;
    bench.receiver.requests.length = 0;
    const job = await replay();
    expect(job.events).toBe(3);
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
    expect(bench.things()).toEqual(['x1', 'y1', 'y2']);
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 3 });
    await bench.app.progress.flush();
    expect(await ids()).toEqual([]);
  });
});
