import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import type { Thing } from '../../test/notifications-app.js';
import { accept, Receiver, type ReceivedRequest } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import type { WebhookOptions } from '../notifications.options.js';

const thingsOf = ({ body }: ReceivedRequest): readonly Thing[] =>
  (JSON.parse(body) as readonly { data: Thing }[]).map(({ data }) => data);
const numbersOf = ({ headers }: ReceivedRequest): readonly number[] =>
  String(headers['herald-sequence']).split(',').map(Number);

describe('envelopes of an endpoint', () => {
  const bench = useDelivery();
  const batched = (options: Partial<WebhookOptions> = {}): WebhookOptions =>
    bench.endpoint('a', { cloudevents: { mode: 'batched' }, ...options });

  it('bring one event to an idle endpoint', async () => {
    await bench.app.start([batched()]);
    for (let n = 1; n <= 5; n += 1) {
      await bench.app.publish('x', n);
      await bench.done('a', n);
    }
    expect(bench.receiver.requests.map((request) => thingsOf(request).length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('are full in a backlog, in the order of each lane, with the number of each event', async () => {
    const { port } = bench.receiver;
    await bench.receiver.stop();
    await bench.app.start([batched({ threshold: 2, batch: { maxEvents: 50, maxBytes: 1_000_000 } })]);
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => bench.app.publish(`lane-${n % 7}`, n)));
    await waitFor(() => bench.app.metrics('a').Events === 2_000);
    bench.receiver = await Receiver.start(accept, { port });
    await bench.done('a', 2_000);
    const sizes = bench.receiver.requests.map((request) => thingsOf(request).length);
    expect(Math.max(...sizes)).toBe(50);
    expect(sizes.length).toBeLessThan(200);
    const things = bench.receiver.requests.flatMap(thingsOf);
    for (let lane = 0; lane < 7; lane += 1) {
      const numbers = things.filter((thing) => thing.lane === `lane-${lane}`).map(({ n }) => n);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    }
    for (const request of bench.receiver.requests) {
      expect(numbersOf(request)).toHaveLength(thingsOf(request).length);
      expect(numbersOf(request)).toEqual(numbersOf(request).toSorted((x, y) => x - y));
    }
    const numbers = bench.receiver.requests.flatMap(numbersOf).toSorted((x, y) => x - y);
    expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    expect(bench.app.metrics('a')).toMatchObject({ Successes: 2_000, envelopeSize: 50 });
  });

  it('stay within their bytes', async () => {
    bench.receiver.behaviour = (_request, response) => setTimeout(() => response.end(), 2);
    await bench.app.start([batched({ batch: { maxBytes: 8_192 } })]);
    await Promise.all(Array.from({ length: 300 }, (_, n) => bench.app.publish('x', n)));
    await bench.done('a', 300);
    const bytes = bench.receiver.requests.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(8_192);
    expect(bench.receiver.requests.length).toBeLessThan(150);
  });

  it.each([
    ['a format that carries one', { cloudevents: { mode: 'structured' } }],
    ['an endpoint that is to get one', { batch: { maxEvents: 1 } }],
  ] as const)('carry one event for %s', async (_what, options) => {
    await bench.app.start([batched(options)]);
    await Promise.all(Array.from({ length: 100 }, (_, n) => bench.app.publish('x', n)));
    await bench.done('a', 100);
    expect(bench.receiver.requests).toHaveLength(100);
  });

  it('find the event that a receiver cannot take: it alone is a dead letter, and all others arrive', async () => {
    bench.receiver.behaviour = (request, response) => {
      response.writeHead(thingsOf(request).some(({ n }) => n === 66) ? 500 : 200).end();
    };
    await bench.app.start([batched({ threshold: 1_000 })]);
    await Promise.all(Array.from({ length: 150 }, (_, n) => bench.app.publish(`lane-${n % 3}`, n)));
    let more = 0;
    for (; bench.app.metrics('a').deadLetters === 0; more += 1)
      await bench.app.publish('other', 1_000 + more);
    await bench.done('a', 150 + more);
    expect(bench.app.metrics('a')).toMatchObject({ deadLetters: 1, Successes: 149 + more });
    await bench.app.stop();
    await bench.app.start([batched()]);
    await expect(bench.letters()).resolves.toEqual([expect.objectContaining({ reason: 'poison' })]);
  });
});
