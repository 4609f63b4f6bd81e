import { afterEach, describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { accept, answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { RecentAttempts } from '../metrics/recent-attempts.js';
import { LogMaintenance } from '../retention/log-maintenance.js';
import type { ReplayRequest } from './replay-job.js';
import { Replays } from './replays.js';

const QUICK = { timeoutMs: 15_000 };

describe('a replay', () => {
  const bench = useDelivery();
  const replays = () => bench.app.context.get(Replays);
  const start = async (selection: ReplayRequest['selection'], rate?: ReplayRequest['rate']) => {
    const job = await replays().start('a', { selection, ...(rate && { rate }) });
    if (job === undefined) throw new Error('there is nothing to send');
    return job.id;
  };
  const job = async (id: string) => {
    const found = await replays().byId(id);
    if (found === undefined) throw new Error('there is no such job');
    return found;
  };
  const ended = (id: string) => waitFor(async () => (await job(id)).endedAtMs !== undefined, QUICK);
  const everything = { kind: 'events', from: 1 } as const;
  const replayed = () => bench.receiver.requests.filter(({ headers }) => headers['herald-replay']);

  afterEach(async () => {
    await bench.app.stop();
  });

  /** An endpoint that has `count` events of each lane, and a receiver that has forgotten them. */
  const delivered = async (lanes: readonly string[], count: number, options = {}) => {
    await bench.app.start([bench.endpoint('a', options)]);
    for (let n = 1; n <= count; n += 1) for (const lane of lanes) await bench.app.publish(lane, n);
    await bench.done('a', lanes.length * count);
    bench.receiver.requests.length = 0;
  };

  it('sends a stretch of the log again, marked, without numbers, with its ids, in the order of its lanes', async () => {
    await delivered(['x', 'y'], 5);
    const id = await start({ kind: 'events', from: 3, to: 8 });
    await ended(id);
    const things = bench.things();
    expect(things.toSorted()).toEqual(['x2', 'x3', 'x4', 'y2', 'y3', 'y4']);
    expect(things.filter((thing) => thing.startsWith('x'))).toEqual(['x2', 'x3', 'x4']);
    const log = await bench.app.log.read(2, 6);
    const ids = bench.receiver.requests.map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect(ids.toSorted()).toEqual(log.map((record) => record.id).toSorted());
    for (const { headers, body } of bench.receiver.requests) {
      expect(headers['herald-replay']).toBe(id);
      expect(headers['herald-sequence']).toBeUndefined();
      expect(JSON.parse(body)).toMatchObject({ heraldreplay: id });
      expect(JSON.parse(body)).not.toHaveProperty('sequence');
    }
    const [attempt] = bench.app.context.get(RecentAttempts).ofEndpoint('a', 1);
    expect(attempt).toMatchObject({ outcome: 'delivered', replay: id });
    await expect(job(id)).resolves.toMatchObject({ state: 'done', sent: 6, failed: 0, gone: 0, cursor: 8 });
    expect(bench.app.metrics('a')).toMatchObject({ Events: 10, Successes: 10, Pending: 0 });
  });

  it('sends what was asked for by id, time and description, and the dry run counts as many and writes nothing', async () => {
    await delivered(['x', 'y'], 3);
    await bench.app.log.publish({ type: 'other.thing.happened', lane: 'x', data: { lane: 'o', n: 1 } });
    await bench.done('a', 7);
    bench.receiver.requests.length = 0;
    const log = await bench.app.log.read(0, 10);
    const id = (index: number) => log[index]?.id ?? '';
    const asked: readonly [ReplayRequest['selection'], readonly string[]][] = [
      [{ kind: 'events', ids: [id(4), id(1)] }, ['y1', 'x3']],
      [{ kind: 'events', only: { types: ['other.**'] } }, ['o1']],
      [{ kind: 'events', sinceMs: log[5]?.timeMs ?? 0, only: { types: ['test.**'] } }, []],
      [{ kind: 'events', to: 6, only: { types: ['other.**'] } }, []],
    ];
    for (const [selection, expected] of asked) {
      const { events } = await replays().estimate('a', { selection });
      const [{ jobs } = { jobs: -1 }] = await bench.app.database.read<{ jobs: number }>(
        'SELECT count(*) AS jobs FROM replay_jobs WHERE ended_at_ms IS NULL',
      );
      expect(jobs).toBe(0);
      bench.receiver.requests.length = 0;
      await ended(await start(selection));
      expect(bench.receiver.requests).toHaveLength(events);
      if (!('sinceMs' in selection)) expect(bench.things()).toEqual(expected);
    }
  });

  it('goes on at its cursor after a restart, and repeats no more than was in memory', async () => {
    await delivered(['x', 'y', 'z'], 40);
    const id = await start(everything, { events: 30, perMs: 1_000 });
    await waitFor(async () => (await job(id)).sent >= 20, QUICK);
    await bench.app.start([bench.endpoint('a')]);
    const before = replayed().length;
    expect(before).toBeLessThan(120);
    await waitFor(async () => (await job(id)).cursor > 25, QUICK);
    await replays().cancel(id);
    expect(new Set(replayed().map(({ headers }) => headers['herald-replay']))).toEqual(new Set([id]));
  }, 20_000);

  it('keeps to its own rate', async () => {
    await delivered(['x', 'y'], 30);
    const startedMs = performance.now();
    await ended(await start(everything, { events: 40, perMs: 1_000 }));
    expect(replayed()).toHaveLength(60);
    expect(performance.now() - startedMs).toBeGreaterThan(450);
  });

  it('lets live events go first, and shares no envelope with them', async () => {
    const batched = { cloudevents: { mode: 'batched' as const }, concurrency: 2 };
    await delivered(['x'], 50, batched);
    let live: (() => void) | undefined;
    bench.receiver.behaviour = (request, response) => {
      if (request.headers['herald-replay'] !== undefined) live?.();
      setTimeout(() => response.writeHead(200).end(), 5);
    };
    const arrival = new Promise<number>((resolve) => {
      live = () => {
        live = undefined;
        void bench.app.publish('live', 1).then(() => resolve(bench.receiver.requests.length));
      };
    });
    const id = await start(everything);
    const published = await arrival;
    await ended(id);
    const index = bench.receiver.requests.findIndex(({ headers }) => headers['herald-replay'] === undefined);
    expect(index).toBeGreaterThan(-1);
    expect(index - published).toBeLessThanOrEqual(2);
    for (const { headers, body } of bench.receiver.requests) {
      const events = JSON.parse(body) as { data: { lane: string } }[];
      const lanes = new Set(events.map(({ data }) => data.lane));
      expect([...lanes]).toEqual([headers['herald-replay'] === undefined ? 'live' : 'x']);
    }
  });

  it('does not overtake live events that wait for their next attempt', async () => {
    await delivered(['x'], 3, { backoffMs: 200, maxBackoffMs: 300, threshold: 1_000 });
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"n":4') ? 500 : 200).end();
    await bench.app.publish('x', 4, 5);
    await waitFor(() => bench.app.metrics('a').Failures > 0);
    const id = await start(everything);
    await waitFor(async () => (await job(id)).sent === 3);
    expect(replayed()).toHaveLength(3);
    bench.receiver.behaviour = accept;
    await ended(id);
    expect(replayed()).toHaveLength(5);
    const firstOf5 = bench.receiver.requests.find(({ body }) => body.includes('"n":5'));
    expect(firstOf5?.headers['herald-replay']).toBeUndefined();
  });

  it('waits while the endpoint is down and blames no event for it', async () => {
    await delivered(['x', 'y'], 4, { threshold: 3 });
    bench.receiver.behaviour = answer(503);
    const id = await start(everything);
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    await waitFor(async () => (await job(id)).state === 'running');
    expect(await job(id)).toMatchObject({ sent: 0, failed: 0 });
    bench.receiver.behaviour = accept;
    await ended(id);
    expect(await job(id)).toMatchObject({ state: 'done', sent: 8, failed: 0 });
  });

  it('waits while the endpoint is paused', async () => {
    await delivered(['x'], 2);
    await bench.app.broadcaster.pause('a');
    const id = await start(everything);
    await waitFor(async () => (await job(id)).state === 'running');
    expect(bench.receiver.requests).toEqual([]);
    await bench.app.broadcaster.resume('a');
    await ended(id);
    expect(bench.things()).toEqual(['x1', 'x2']);
  });

  it('counts an event that makes the endpoint fail as failed, and sends the others', async () => {
    await delivered(['x', 'y'], 3, { threshold: 1_000 });
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"x","n":2') ? 500 : 200).end();
    const id = await start(everything);
    await ended(id);
    expect(await job(id)).toMatchObject({ state: 'done', sent: 5, failed: 1, cursor: 6 });
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 6, deadLetters: 0 });
  });

  it('ends when it is cancelled, stays so, and lets the next begin', async () => {
    await delivered(['x'], 40);
    const slow = await start(everything, { events: 1, perMs: 3_600_000 });
    const next = await start({ kind: 'events', from: 40 });
    await waitFor(() => bench.receiver.requests.length === 1);
    expect((await job(next)).state).toBe('waiting');
    await expect(replays().cancel(slow)).resolves.toBe('cancelled');
    await expect(replays().cancel(slow)).resolves.toBe('ended');
    await expect(replays().cancel('nobody')).resolves.toBe('unknown');
    await ended(next);
    await bench.app.start([bench.endpoint('a')]);
    expect(await job(slow)).toMatchObject({ state: 'cancelled', sent: 1 });
    expect(bench.things()).toEqual(['x1', 'x40']);
  });

  it('holds what it has still to send against retention, and says what was gone before', async () => {
    await delivered(['x'], 4);
    const retention = { ageMs: 0, sizeBytes: 1 };
    const maintain = () => bench.app.context.get(LogMaintenance, { strict: false }).run();
    await bench.app.broadcaster.pause('a');
    const id = await start({ kind: 'events', from: 3 });
    await bench.app.start([bench.endpoint('a')], { retention });
    await maintain();
    await expect(replays().estimate('a', { selection: everything })).resolves.toEqual({ events: 2, gone: 2 });
    await bench.app.broadcaster.resume('a');
    await ended(id);
    expect(bench.things()).toEqual(['x3', 'x4']);
    await maintain();
    expect(await bench.app.database.read('SELECT sequence FROM events')).toEqual([]);
    const late = await start(everything);
    await ended(late);
    expect(await job(late)).toMatchObject({ state: 'done', sent: 0, gone: 4 });
  });

  it('is refused when it is not what it should be', async () => {
    await bench.app.start([bench.endpoint('a')]);
    const refusal = (selection: object) =>
      expect(start(selection as ReplayRequest['selection'])).rejects.toMatchObject({
        code: 'REPLAY_INVALID',
      });
    await refusal({ kind: 'events' });
    await refusal({ kind: 'events', from: 3, to: 2 });
    await refusal({ kind: 'events', from: -1 });
    await refusal({ kind: 'events', ids: [] });
    await refusal({ kind: 'events', ids: ['unknown'] });
    await refusal({ kind: 'events', only: { actions: ['dance'] } });
    await refusal({ kind: 'dead-letters', letters: [] });
    await expect(replays().start('b', { selection: everything })).rejects.toMatchObject({
      code: 'ENDPOINT_UNKNOWN',
    });
  });
});
