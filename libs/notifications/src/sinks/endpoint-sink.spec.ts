import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import type { Thing } from '../../test/notifications-app.js';
import { accept, answer, Receiver, type Behaviour } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

describe('EndpointSink', () => {
  const bench = useDelivery();

  it('delivers what is published, numbered from 1, and says to which log the numbers belong', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1, 2, 3);
    await bench.arrived(3);
    expect(bench.things()).toEqual(['x1', 'x2', 'x3']);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['1', '2', '3']);
    expect(new Set(bench.receiver.headers('herald-log'))).toEqual(new Set([bench.app.log.uuid]));
  });

  it('counts an accepted event as a success, under its status', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1, 2);
    await bench.done('a', 2);
    expect(bench.app.metrics('a')).toMatchObject({
      Events: 2,
      Pending: 0,
      Successes: 2,
      Failures: 0,
      Errors: 0,
      Statuses: { '200 OK': 2 },
    });
  });

  it('counts a redirect as a failure, under its status, and sends the event again', async () => {
    bench.receiver.behaviour = answer(307);
    await bench.app.start([bench.endpoint('a', { threshold: 1_000 })]);
    await bench.app.publish('x', 1);
    await bench.arrived(3);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, Successes: 0 });
    bench.receiver.behaviour = accept;
    await bench.done('a', 1);
    const { Failures, Statuses } = bench.app.metrics('a');
    expect(Failures).toBeGreaterThanOrEqual(3);
    expect(Statuses).toEqual({ '307 Temporary Redirect': Failures, '200 OK': 1 });
  });

  it('counts a refusal as a failure, and a closed connection as an error without a status', async () => {
    const behaviours: Behaviour[] = [answer(500), (_request, _response, socket) => socket.destroy(), accept];
    bench.receiver.behaviour = (...args) => behaviours.shift()?.(...args);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect(bench.app.metrics('a')).toMatchObject({
      Failures: 1,
      Errors: 1,
      Successes: 1,
      attempts: 3,
      Statuses: { '500 Internal Server Error': 1, '200 OK': 1 },
      lastError: 'connect',
    });
  });

  it('delivers all of a thousand events that are published at once, to a slow receiver, in the order of their lanes', async () => {
    bench.receiver.behaviour = (_request, response) => setTimeout(() => response.end(), 1);
    await bench.app.start([bench.endpoint('a')]);
    const lanes = Array.from({ length: 20 }, (_, index) => `lane-${index}-`);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => bench.app.publish(lanes[n % lanes.length] ?? '', n)),
    );
    await bench.done('a', 1_000);
    expect(bench.receiver.requests).toHaveLength(1_000);
    expect(bench.app.metrics('a')).toMatchObject({ Events: 1_000, Pending: 0, Successes: 1_000 });
    const things = bench.receiver.data() as readonly Thing[];
    for (const lane of lanes) {
      const numbers = things.filter((thing) => thing.lane === lane).map(({ n }) => n);
      expect(numbers).toHaveLength(50);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    }
    const sequences = bench.receiver.headers('herald-sequence').map(Number);
    expect(sequences.toSorted((x, y) => x - y)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
  });

  it('has one request of a lane in flight, and lanes side by side', async () => {
    const open: (() => void)[] = [];
    bench.receiver.behaviour = (_request, response) => open.push(() => response.end());
    await bench.app.start([bench.endpoint('a', { timeoutMs: 30_000, concurrency: 2 })]);
    await bench.app.publish('x', 1, 2);
    await bench.app.publish('y', 1);
    await bench.app.publish('z', 1);
    await waitFor(() => open.length === 2);
    expect(bench.things()).toEqual(['x1', 'y1']);
    open[0]?.();
    await waitFor(() => open.length === 3);
    open[1]?.();
    await waitFor(() => open.length === 4);
    expect(bench.things().slice(0, 2)).toEqual(['x1', 'y1']);
    expect(bench.things().slice(2).toSorted()).toEqual(['x2', 'z1']);
    for (const finish of open) finish();
    await bench.done('a', 4);
  });

  it('sends an event again with the same id and the same number', async () => {
    const behaviours: Behaviour[] = [answer(503), answer(500)];
    bench.receiver.behaviour = (...args) => (behaviours.shift() ?? accept)(...args);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect(bench.receiver.requests).toHaveLength(3);
    expect(new Set(bench.receiver.requests.map(({ body }) => body)).size).toBe(1);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['1', '1', '1']);
  });

  it('goes on after a restart where it stopped, numbers included, though the endpoint was down meanwhile', async () => {
    const { port } = bench.receiver;
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    await bench.receiver.stop();
    await bench.app.publish('x', 2, 3);
    await bench.app.publish('y', 1);
    await waitFor(() => bench.app.metrics('a').Errors >= 2);
    await bench.app.stop();
    bench.receiver = await Receiver.start(accept, { port });
    await bench.app.start([bench.endpoint('a')]);
    await bench.done('a', 4);
    expect(bench.things().filter((thing) => thing.startsWith('x'))).toEqual(['x2', 'x3']);
    expect(bench.things()).toContain('y1');
    expect(bench.receiver.headers('herald-sequence').toSorted()).toEqual(['2', '3', '4']);
    expect(bench.app.metrics('a')).toMatchObject({ Events: 4, Successes: 4 });
  });

  it('delivers after a restart what was published while it stood still', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.broadcaster.beforeApplicationShutdown();
    await bench.app.broadcaster.beforeApplicationShutdown();
    await bench.app.publish('x', 1, 2);
    expect(bench.receiver.requests).toEqual([]);
    await bench.app.start([bench.endpoint('a')]);
    await bench.done('a', 2);
    expect(bench.things()).toEqual(['x1', 'x2']);
  });

  it('abandons at the deadline what an endpoint does not answer, and sends it again in the next run', async () => {
    bench.receiver.behaviour = () => undefined;
    await bench.app.start([bench.endpoint('a', { timeoutMs: 60_000 })], { drainTimeoutMs: 20 });
    await bench.app.publish('x', 1);
    await bench.arrived(1);
    await bench.app.stop();
    bench.receiver.behaviour = accept;
    await bench.app.start([bench.endpoint('a')]);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['x1', 'x1']);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['1', '1']);
  });

  it('waits at a stop for what is being answered', async () => {
    let finish: (() => void) | undefined;
    bench.receiver.behaviour = (_request, response) => (finish = () => response.end());
    await bench.app.start([bench.endpoint('a', { timeoutMs: 60_000 })], { drainTimeoutMs: 60_000 });
    await bench.app.publish('x', 1, 2);
    const { log } = bench.app;
    await waitFor(() => finish);
    const stopped = bench.app.stop();
    finish?.();
    await stopped;
    expect(bench.things()).toEqual(['x1']);
    expect(log.shed).toBe(0);
    bench.receiver.behaviour = accept;
    await bench.app.start([bench.endpoint('a')]);
    await bench.done('a', 2);
    expect(bench.things()).toEqual(['x1', 'x2']);
  });

  it('does not let a dead endpoint hold up another', async () => {
    const dead = await Receiver.start(() => undefined);
    await bench.app.start([
      bench.endpoint('dead', { url: dead.url, timeoutMs: 60_000 }),
      bench.endpoint('alive'),
    ]);
    for (let n = 0; n < 50; n += 1) await bench.app.publish(`lane-${n}`, n);
    await bench.done('alive', 50);
    expect(bench.app.metrics('alive').Successes).toBe(50);
    await waitFor(() => bench.app.metrics('dead').Pending === 50);
    expect(bench.app.metrics('dead')).toMatchObject({ Events: 50, Successes: 0 });
    await bench.app.stop();
    await dead.stop();
  });

  it('does not let an event that is sent again hold up the other lanes', async () => {
    bench.receiver.behaviour = (request, response) => {
      response.writeHead(request.body.includes('"n":666') ? 429 : 200).end();
    };
    await bench.app.start([bench.endpoint('a', { threshold: 100_000 })]);
    await bench.app.publish('bad', 666, 2);
    for (let n = 0; n < 30; n += 1) await bench.app.publish(`good-${n}`, n);
    await waitFor(() => bench.app.metrics('a').Successes === 30);
    expect(bench.things()).not.toContain('bad2');
    bench.receiver.behaviour = accept;
    await bench.done('a', 32);
    expect(
      bench
        .things()
        .filter((thing) => thing.startsWith('bad'))
        .slice(-2),
    ).toEqual(['bad666', 'bad2']);
  });

  it('counts what waits for an endpoint that is down, however much it is, and holds little of it in memory', async () => {
    const { port } = bench.receiver;
    await bench.receiver.stop();
    await bench.app.start([bench.endpoint('a', { backoffMs: 60_000, maxBackoffMs: 60_000, threshold: 2 })]);
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => bench.app.publish(`lane-${n % 7}`, n)));
    await waitFor(() => bench.app.metrics('a').Events === 3_000);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 3_000, Successes: 0, breaker: 'open' });
    expect(bench.app.metrics('a').oldestPendingAtMs).toBeLessThanOrEqual(Date.now());
    bench.receiver = await Receiver.start(accept, { port });
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.metrics('a').Pending).toBe(3_000);
    await bench.done('a', 3_000);
    expect(bench.receiver.requests).toHaveLength(3_000);
    const numbers = bench.receiver.headers('herald-sequence').map(Number);
    expect(new Set(numbers).size).toBe(3_000);
    expect(Math.max(...numbers)).toBe(3_000);
  });

  it('sends one request at a time and all in order, where the order is the endpoint’s', async () => {
    await bench.app.start([
      bench.endpoint('a', { ordering: 'endpoint', schedule: 'distribution', threshold: 2 }),
    ]);
    const behaviours: Behaviour[] = [accept, answer(500), answer(500), answer(500)];
    bench.receiver.behaviour = (...args) => (behaviours.shift() ?? accept)(...args);
    for (let n = 1; n <= 6; n += 1) await bench.app.publish(n % 2 === 0 ? 'even' : 'odd', n);
    await bench.done('a', 6);
    const firsts = [...new Set(bench.things())];
    expect(firsts).toEqual(['odd1', 'even2', 'odd3', 'even4', 'odd5', 'even6']);
    expect(bench.things()).toHaveLength(9);
  });

  it('lets no event wait for another where there is no order', async () => {
    bench.receiver.behaviour = (request, response) => {
      response.writeHead(request.body.includes('"n":1}') ? 500 : 200).end();
    };
    await bench.app.start([
      bench.endpoint('a', { ordering: 'none', threshold: 100_000, maxAttempts: 100_000 }),
    ]);
    await bench.app.publish('x', 1, 2, 3, 4);
    await waitFor(() => bench.app.metrics('a').Successes === 3);
    bench.receiver.behaviour = accept;
    await bench.done('a', 4);
  });

  it('takes a redirect for an answer where it is told to, and still does not follow it', async () => {
    bench.receiver.behaviour = answer(302, { Location: `${bench.receiver.url}/elsewhere` });
    await bench.app.start([bench.endpoint('a', { redirects: 'accept' })]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect(bench.receiver.requests.map(({ path }) => path)).toEqual(['/hook']);
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 1, Failures: 0, Statuses: { '302 Found': 1 } });
  });
});
