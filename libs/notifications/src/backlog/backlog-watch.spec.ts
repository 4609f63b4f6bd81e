import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { accept, answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Replays } from '../replay/replays.js';
import { LogMaintenance } from '../retention/log-maintenance.js';
import { BacklogWatch } from './backlog-watch.js';

/** Bytes of `{"lane":"x","n":1}`. */
const EVENT_BYTES = 18;

describe('the backlog of an endpoint', () => {
  const bench = useDelivery();
  let error: MockInstance<Logger['error']>;

  beforeEach(() => {
    error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });

  const look = () => bench.app.context.get(BacklogWatch, { strict: false }).look();
  const maintain = () => bench.app.context.get(LogMaintenance, { strict: false }).run();
  const said = (mock: MockInstance) => mock.mock.calls.map(([line]) => String(line));
  const letters = () => bench.app.context.get(DeadLetters).page('a', 0, 10);
  const sequences = async () =>
    (
      await bench.app.database.read<{ sequence: number }>('SELECT sequence FROM events ORDER BY sequence')
    ).map(({ sequence }) => sequence);
  const known = (count: number) => waitFor(() => bench.app.metrics('a').Events === count);
  const paused = async (options: Parameters<typeof bench.endpoint>[1]) => {
    await bench.app.start([bench.endpoint('a', options)]);
    await bench.app.broadcaster.pause('a');
  };

  it('is known in bytes, over restarts, while it is read, and when it is empty', async () => {
    await paused({ backlog: { maxBytes: EVENT_BYTES * 10 } });
    await bench.app.publish('x', 1, 2, 3, 4, 5);
    await known(5);
    expect(bench.app.metrics('a').backlog).toEqual({ bytes: 5 * EVENT_BYTES, share: 0.5, refusing: false });
    await bench.app.start([bench.endpoint('a', { backlog: { maxBytes: EVENT_BYTES * 10 } })]);
    expect(bench.app.metrics('a').backlog).toMatchObject({ bytes: 5 * EVENT_BYTES, share: 0.5 });
    await bench.app.broadcaster.resume('a');
    await bench.done('a', 5);
    expect(bench.app.metrics('a').backlog).toEqual({ bytes: 0, share: 0, refusing: false });
    await bench.app.publish('x', 6);
    await bench.done('a', 6);
    expect(bench.app.metrics('a').backlog.bytes).toBe(0);
  });

  it('counts dead letters too', async () => {
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"n":2') ? 500 : 200).end();
    await bench.app.start([bench.endpoint('a', { maxAttempts: 1, backlog: { maxEvents: 4 } })]);
    await bench.app.publish('x', 1, 2, 3);
    await bench.done('a', 3);
    expect(bench.app.metrics('a')).toMatchObject({
      Pending: 0,
      backlog: { bytes: EVENT_BYTES, share: 0.25 },
    });
  });

  it('is announced when it has grown past 50, 75 and 90 % of its bound', async () => {
    await paused({ backlog: { maxEvents: 100 } });
    for (const [upTo, level] of [
      [50, 50],
      [75, 75],
      [90, 90],
    ] as const) {
      const from = bench.app.metrics('a').Events;
      await bench.app.publish('x', ...Array.from({ length: upTo - from }, (_, n) => from + n));
      await known(upTo);
      await look();
      await look();
      expect(said(bench.warn).filter((line) => line.includes(`at ${level} % of its bound`))).toHaveLength(1);
    }
  });

  it('that reaches its bound stops that endpoint alone, as one dead letter, over restarts', async () => {
    bench.receiver.behaviour = answer(500);
    const endpoint = bench.endpoint('a', { threshold: 1, backlog: { maxEvents: 4 } });
    const other = bench.endpoint('b', { only: { types: ['none.**'] } });
    await bench.app.start([endpoint, other]);
    await bench.app.publish('x', 1, 2);
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    await bench.app.publish('y', 3, 4);
    await known(4);
    await look();
    const stopped = { state: 'overflowed', Pending: 0, deadLetters: 4, backlog: { share: 0 } };
    expect(bench.app.metrics('a')).toMatchObject(stopped);
    expect(bench.app.metrics('b').state).toBe('active');
    expect(await letters()).toMatchObject([
      { reason: 'overflow', firstSequence: 1, lastSequence: 4, count: 4 },
    ]);
    expect(said(error).join()).toMatch(/has reached its bound: it is stopped.*4 events are one dead letter/);
    await bench.app.start([endpoint, other]);
    expect(bench.app.metrics('a')).toMatchObject(stopped);
    const before = bench.receiver.requests.length;
    await bench.app.publish('x', 5);
    await waitFor(() => bench.app.metrics('a').deadLetters === 5);
    await look();
    expect(bench.receiver.requests).toHaveLength(before);
  });

  it('that was cut off goes on with what is new when an operator enables the endpoint, and leaves a gap in the numbers', async () => {
    await paused({ backlog: { maxEvents: 3 } });
    await bench.app.publish('x', 1, 2, 3);
    await known(3);
    await look();
    await bench.app.broadcaster.resume('a');
    await bench.app.publish('x', 4);
    await known(4);
    await bench.app.broadcaster.enable('a');
    await look();
    expect(bench.app.metrics('a')).toMatchObject({ state: 'active', Pending: 0, deadLetters: 4 });
    await bench.app.publish('x', 5);
    await bench.done('a', 5);
    expect(bench.things()).toEqual(['x5']);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['5']);
    expect(await letters()).toMatchObject([{ firstSequence: 1, lastSequence: 4, count: 4 }]);
  });

  it('that was cut off can be sent again while the log has it', async () => {
    await paused({ backlog: { maxEvents: 3 } });
    await bench.app.publish('x', 1, 2, 3);
    await known(3);
    await look();
    await bench.app.broadcaster.resume('a');
    await bench.app.broadcaster.enable('a');
    await bench.app.context.get(Replays).start('a', { selection: { kind: 'dead-letters' } });
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
    expect(bench.things()).toEqual(['x1', 'x2', 'x3']);
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 3, Pending: 0, Events: 3 });
  });

  it('that was cut off holds the log no longer, and it is said when the log loses events of it', async () => {
    await bench.app.start([bench.endpoint('a', { backlog: { maxEvents: 3 } })], {
      retention: { sizeBytes: 1 },
    });
    await bench.app.broadcaster.pause('a');
    await bench.app.publish('x', 1, 2, 3);
    await known(3);
    await maintain();
    expect(await sequences()).toEqual([1, 2, 3]);
    await look();
    await bench.app.publish('x', 4);
    await waitFor(() => bench.app.metrics('a').deadLetters === 4);
    await bench.app.progress.flush();
    expect(said(bench.warn).join()).not.toContain('cannot be sent to it again');
    await maintain();
    expect(await sequences()).toEqual([]);
    expect(said(bench.warn).join()).toMatch(
      /endpoint a was cut off from events that the log has no more.*cannot be sent/,
    );
    await bench.app.broadcaster.enable('a');
    expect(await letters()).toMatchObject([{ firstSequence: 1, lastSequence: 4, count: 4 }]);
  });

  it('of lanes that wait is cut off too, with nothing left of it', async () => {
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.start([bench.endpoint('a', { threshold: 1_000, backlog: { maxEvents: 3 } })]);
    await bench.app.publish('bad', 1);
    await bench.app.publish('good', 1, 2);
    await bench.app.publish('bad', 2, 3);
    await waitFor(() => bench.app.metrics('a').Successes === 2 && bench.app.metrics('a').Pending === 3);
    await look();
    expect(bench.app.metrics('a')).toMatchObject({ state: 'overflowed', Successes: 2, deadLetters: 3 });
    for (const table of ['lane_backlog', 'lane_exceptions'])
      await expect(bench.app.database.read(`SELECT * FROM ${table}`)).resolves.toEqual([]);
    bench.receiver.behaviour = accept;
    await bench.app.broadcaster.enable('a');
    await bench.app.publish('bad', 4);
    await bench.done('a', 6);
    expect(bench.things().at(-1)).toBe('bad4');
  });

  it('that was cut off is sent again without what had been delivered, though an older event was still open', async () => {
    let broken = true;
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(broken && request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await bench.app.start([bench.endpoint('a', { threshold: 1_000, backlog: { maxEvents: 3 } })]);
    await bench.app.publish('bad', 1);
    await bench.app.publish('good', 1, 2);
    await bench.app.publish('bad', 2, 3);
    await waitFor(() => bench.app.metrics('a').Successes === 2 && bench.app.metrics('a').Pending === 3);
    await look();
    await expect(letters()).resolves.toMatchObject([{ firstSequence: 1, lastSequence: 5, count: 3 }]);
    broken = false;
    bench.receiver.requests.length = 0;
    await bench.app.broadcaster.enable('a');
    await bench.app.context.get(Replays).start('a', { selection: { kind: 'dead-letters' } });
    await waitFor(() => bench.app.metrics('a').deadLetters === 0);
    expect(bench.things()).toEqual(['bad1', 'bad2', 'bad3']);
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 5, Pending: 0 });
    await bench.app.progress.flush();
    await expect(bench.app.database.read('SELECT * FROM dead_letter_events')).resolves.toEqual([]);
  });

  it('refuses what the endpoint wants, where that is what the operator chose, until it has taken some', async () => {
    await paused({ only: { types: ['test.**'] }, backlog: { maxEvents: 3, onLimit: 'refuse' } });
    await bench.app.publish('x', 1, 2, 3);
    await known(3);
    await look();
    await expect(bench.app.publish('x', 4)).rejects.toMatchObject({ code: 'BACKLOG_FULL' });
    expect(said(error).join()).toMatch(/changes that it wants to hear of are refused/);
    expect(bench.app.metrics('a')).toMatchObject({ state: 'paused', backlog: { refusing: true } });
    await bench.app.log.publish({ type: 'other.thing.happened', lane: 'x', data: {} });
    bench.app.log.offer(bench.app.log.draft({ type: 'test.thing.pulled', lane: 'x', data: {} }));
    expect(bench.app.log.shed).toBe(1);
    await bench.app.broadcaster.resume('a');
    await bench.done('a', 3);
    await look();
    await bench.app.publish('x', 5);
    await bench.done('a', 4);
    expect(bench.things()).toEqual(['x1', 'x2', 'x3', 'x5']);
  });
});
