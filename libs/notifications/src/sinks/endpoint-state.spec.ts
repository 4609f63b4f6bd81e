import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { accept, answer, Receiver } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

describe('the state of an endpoint', () => {
  const bench = useDelivery();

  it('opens its breaker, says so once, and recovers by a probe', async () => {
    bench.receiver.behaviour = answer(502);
    await bench.app.start([bench.endpoint('a', { threshold: 3 })]);
    for (let n = 0; n < 5; n += 1) await bench.app.publish(`lane-${n}`, n);
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    const { Failures } = bench.app.metrics('a');
    await waitFor(() => bench.app.metrics('a').Failures > Failures + 3);
    bench.receiver.behaviour = accept;
    await bench.done('a', 5);
    expect(bench.app.metrics('a').breaker).toBe('closed');
    expect(
      bench.warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('endpoint a')),
    ).toHaveLength(2);
  });

  it('waits as long as the endpoint asks, over a restart too', async () => {
    const witness = await Receiver.start();
    const other = bench.endpoint('witness', { url: witness.url });
    bench.receiver.behaviour = answer(429, { 'Retry-After': '3600' });
    await bench.app.start([bench.endpoint('a'), other]);
    await bench.app.publish('x', 1);
    await bench.arrived(1);
    bench.receiver.behaviour = accept;
    await bench.app.start([bench.endpoint('a'), other]);
    for (let n = 2; n < 20; n += 1) await bench.app.publish('x', n);
    await bench.done('witness', 19);
    expect(bench.receiver.requests).toHaveLength(1);
    await bench.app.start([bench.endpoint('a', { maxRetryAfterMs: 20 }), other]);
    await bench.done('a', 19);
    await bench.app.stop();
    await witness.stop();
  });

  it('retires an endpoint that answers 410, over a restart too, and sends what waited when it is enabled again', async () => {
    bench.receiver.behaviour = answer(410);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await waitFor(() => bench.app.metrics('a').state === 'retired');
    bench.receiver.behaviour = accept;
    await bench.app.publish('x', 2);
    await bench.app.start([bench.endpoint('a')]);
    await waitFor(() => bench.app.metrics('a').Events === 2);
    expect(bench.app.metrics('a')).toMatchObject({ state: 'retired', Pending: 2 });
    expect(bench.receiver.requests).toHaveLength(1);
    await bench.app.broadcaster.endpoint('a').enable();
    await bench.done('a', 2);
    expect(bench.things()).toEqual(['x1', 'x1', 'x2']);
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.metrics('a').state).toBe('active');
  });

  it('makes an event a dead letter that fails the endpoint while it takes others, and goes on with its lane', async () => {
    bench.receiver.behaviour = (request, response) => {
      const poison = request.body.includes('"n":666');
      response.writeHead(poison ? 500 : 200).end(poison ? 'cannot digest' : '');
    };
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 })]);
    await bench.app.publish('bad', 666, 2);
    let good = 0;
    for (; bench.app.metrics('a').deadLetters === 0; good += 1) await bench.app.publish('good', good);
    await bench.done('a', good + 2);
    await bench.app.stop();
    await bench.app.start([bench.endpoint('a')]);
    await expect(bench.letters()).resolves.toEqual([
      expect.objectContaining({
        endpoint: 'a',
        reason: 'poison',
        last_status: 500,
        last_answer: 'cannot digest',
      }),
    ]);
    expect(bench.things()).toContain('bad2');
    expect(bench.things().indexOf('bad2')).toBeGreaterThan(bench.things().lastIndexOf('bad666'));
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: 1, Pending: 0 });
  });

  it('keeps each endpoint to what it wants, and numbers that without gaps', async () => {
    await bench.app.start([
      bench.endpoint('a', { only: { types: ['test.**'] } }),
      bench.endpoint('b', { only: { types: ['other.**'] } }),
    ]);
    for (let n = 0; n < 3; n += 1) {
      await bench.app.publish('x', n);
      await bench.app.log.publish({ type: 'other.thing.happened', lane: 'x', data: { lane: 'other', n } });
    }
    await bench.done('a', 3);
    await bench.done('b', 3);
    expect(bench.app.metrics('a').Events).toBe(3);
    expect(bench.app.metrics('b').Events).toBe(3);
    const numbers = (lane: string) =>
      bench.receiver.requests
        .filter(({ body }) => body.includes(`"lane":"${lane}"`))
        .map(({ headers }) => headers['herald-sequence']);
    expect(numbers('x')).toEqual(['1', '2', '3']);
    expect(numbers('other')).toEqual(['1', '2', '3']);
  });

  it('judges again, by a changed filter, what is not delivered yet', async () => {
    const { port } = bench.receiver;
    await bench.receiver.stop();
    await bench.app.start([bench.endpoint('a', { backoffMs: 60_000, maxBackoffMs: 60_000, threshold: 1 })]);
    await bench.app.publish('x', 1);
    await bench.app.log.publish({ type: 'other.thing.happened', lane: 'y', data: { lane: 'other', n: 1 } });
    await waitFor(() => bench.app.metrics('a').breaker === 'open' && bench.app.metrics('a').Events === 2);
    // These are counted, and not read: nothing is while the breaker is open.
    await bench.app.publish('x', 2, 3, 4);
    await waitFor(() => bench.app.metrics('a').Events === 5);
    bench.receiver = await Receiver.start(accept, { port });
    await bench.app.start([bench.endpoint('a', { only: { types: ['other.**'] } })]);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['other1']);
    expect(bench.app.metrics('a')).toMatchObject({ Events: 2, Successes: 1, deadLetters: 0 });
  });

  it('begins a new endpoint at the end of the log', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    await bench.app.start([bench.endpoint('a'), bench.endpoint('b')]);
    await bench.app.publish('x', 2);
    await bench.done('a', 2);
    await bench.done('b', 1);
    expect(bench.things()).toEqual(['x1', 'x2', 'x2']);
    expect(bench.app.metrics('b')).toMatchObject({ Events: 1 });
  });

  it('keeps what an endpoint has not got while it is not configured', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.start([]);
    await bench.app.publish('x', 1);
    await expect(
      bench.app.database.read('SELECT detached_at_ms > 0 AS detached FROM endpoints'),
    ).resolves.toEqual([{ detached: 1 }]);
    await bench.app.start([bench.endpoint('a')]);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['x1']);
  });

  it('keeps nothing for an endpoint that is disabled', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.start([bench.endpoint('a', { disabled: true })]);
    await bench.app.publish('x', 1);
    expect(() => bench.app.broadcaster.endpoint('a')).toThrow(
      expect.objectContaining({ code: 'ENDPOINT_UNKNOWN' }),
    );
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 2);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['x2']);
  });

  it('stores how far it has come within a tenth of a second', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1, 2, 3);
    await bench.done('a', 3);
    const started = performance.now();
    await expect
      .poll(async () => bench.app.database.read('SELECT cursor, delivered FROM endpoints'), { interval: 5 })
      .toEqual([{ cursor: 3, delivered: 3 }]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('never says more of an endpoint than its name, scheme and host', async () => {
    const url = `${bench.receiver.url.replace('http://', 'http://user:pa55word@')}/s3cret-path?token=s3cret-query`;
    const lines: string[] = [];
    for (const level of ['log', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation(
        (...parts: unknown[]) => void lines.push(parts.join(' ')),
      );
    }
    bench.receiver.behaviour = answer(500, {}, 's3cret-answer');
    await bench.app.start([
      bench.endpoint('a', { url, threshold: 2, headers: { 'X-Key': ['s3cret-header'] } }),
    ]);
    await bench.app.publish('x', 1);
    await waitFor(() => bench.app.metrics('a').breaker !== 'closed');
    bench.receiver.behaviour = answer(410);
    await waitFor(() => bench.app.metrics('a').state === 'retired');
    const said = [
      ...lines,
      JSON.stringify(bench.app.health.check()),
      JSON.stringify(bench.app.metrics('a')),
    ].join('\n');
    expect(said).toContain(`endpoint a (http://127.0.0.1:${bench.receiver.port})`);
    expect(said).not.toMatch(/s3cret|pa55word|user|hook/);
  });
});
