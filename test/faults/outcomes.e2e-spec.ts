import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultBench, until, type Answering } from './fault-bench.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

interface Sent {
  readonly atMs: number;
  readonly n: readonly number[];
  readonly timestamp: number;
}

/** Numbers of the events in a batch of CloudEvents. */
function numbersOf(body: string): readonly number[] {
  return (JSON.parse(body) as { data: { n: number } }[]).map(({ data }) => data.n);
}

describe('an endpoint that', () => {
  let bench: FaultBench;
  const sent: Sent[] = [];

  /** Answers by the numbers of the events in the request, and how many requests came before. */
  async function endpoint(
    answer: (n: readonly number[], before: number) => number | [number, string],
  ): Promise<void> {
    const answering: Answering = (body, request, response) => {
      const n = numbersOf(body);
      const [status, retryAfter = ''] = [answer(n, sent.length)].flat() as [number, string?];
      const timestamp = Number(request.headers['webhook-timestamp']);
      sent.push({ atMs: bench.clock.monotonic(), n, timestamp });
      response.writeHead(status, retryAfter === '' ? {} : { 'Retry-After': retryAfter }).end();
    };
    await bench.start([
      {
        name: 'a',
        url: await bench.http(answering),
        timeoutMs: 20_000,
        threshold: 3,
        schedule: [1_000],
        cloudevents: { mode: 'batched' },
        signing: { keys: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`] },
      },
    ]);
  }

  /** Numbered events of one lane that wait together, so that they are sent in envelopes. */
  async function backlog(events: number): Promise<void> {
    await bench.broadcaster.pause('a');
    for (let n = 0; n < events; n += 1) await bench.publish('lane', { n });
    await bench.broadcaster.resume('a');
  }

  const metrics = () => bench.metrics('a');

  beforeEach(() => {
    bench = new FaultBench();
    sent.length = 0;
  });

  afterEach(() => bench.stop());

  it('answers 413 to several events gets fewer at a time, and every one of them, in order', async () => {
    await endpoint((n) => (n.length > 2 ? 413 : 200));
    await backlog(40);
    await until(() => expect(metrics()).toMatchObject({ Successes: 40, Pending: 0, deadLetters: 0 }));
    expect(metrics().Statuses['413 Payload Too Large']).toBeGreaterThan(0);
    expect(sent.filter(({ n }) => n.length <= 2).flatMap(({ n }) => n)).toEqual(
      Array.from({ length: 40 }, (_, n) => n),
    );
  });

  it('refuses one event among others takes the others, and that one alone is a dead letter', async () => {
    await endpoint((n) => (n.includes(5) ? 400 : 200));
    await backlog(20);
    await until(() => expect(metrics()).toMatchObject({ Successes: 19, deadLetters: 1, Pending: 0 }));
    expect(sent.filter(({ n }) => n.length === 1 && n[0] === 5)).toHaveLength(4);
  });

  it('fails over one event while it takes others gets that one no more after five times', async () => {
    await endpoint((n) => (n.includes(-1) ? 500 : 200));
    await bench.publish('poison', { n: -1 });
    for (let n = 0; metrics().deadLetters === 0 && n < 400; n += 1) {
      await bench.publish(`lane ${n}`, { n });
      const [successes, attempts] = [metrics().Successes, metrics().attempts];
      await until(() =>
        expect([metrics().Successes > successes, metrics().attempts > attempts]).toContain(true),
      );
    }
    expect(metrics().deadLetters).toBe(1);
    await until(() => expect(metrics().Pending).toBe(0));
  });

  it('refuses whatever it is sent is itself at fault: its breaker opens, and nothing is dead for it', async () => {
    let repaired = false;
    await endpoint(() => (repaired ? 200 : 422));
    for (let n = 0; n < 12; n += 1) await bench.publish(`lane ${n}`, { n });
    await until(() => expect(metrics().breaker).not.toBe('closed'));
    repaired = true;
    await until(() => expect(metrics()).toMatchObject({ Successes: 12, deadLetters: 0, breaker: 'closed' }));
  });

  it.each([
    ['in seconds', () => '7', 7_000],
    ['as a date', () => new Date(bench.clock.now() + 9_000).toUTCString(), 8_000],
  ])(
    'says %s how long it wants to be left alone is left alone as long',
    async (_form, retryAfter, waitMs) => {
      await endpoint((_n, before) => (before === 0 ? [503, retryAfter()] : 200));
      await bench.publish('lane', { n: 1 });
      await until(() => expect(metrics().Successes).toBe(1));
      const [first, second] = sent.map(({ atMs }) => atMs);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(waitMs);
      expect(sent).toHaveLength(2);
      expect(metrics().breaker).toBe('closed');
    },
  );

  it.each([
    ['forwards', YEAR_MS],
    ['backwards', -YEAR_MS],
  ])(
    'fails while the clock jumps a year %s gets its events soon after, in order, and none is dead',
    async (_way, ms) => {
      let repaired = false;
      await endpoint(() => (repaired ? 200 : 500));
      for (let n = 0; n < 5; n += 1) await bench.publish('lane', { n });
      await until(() => expect(metrics().Failures).toBeGreaterThan(1));
      const before = sent.at(-1)?.timestamp ?? 0;
      bench.clock.jump(ms);
      const { Failures } = metrics();
      await until(() => expect(metrics().Failures).toBeGreaterThan(Failures));
      repaired = true;
      const repairedMs = bench.clock.monotonic();
      await bench.publish('lane', { n: 5 });
      await until(() => expect(metrics()).toMatchObject({ Successes: 6, Pending: 0, deadLetters: 0 }));
      expect(bench.clock.monotonic() - repairedMs).toBeLessThan(60_000);
      expect(
        sent
          .slice(-6)
          .flatMap(({ n }) => n)
          .slice(-6),
      ).toEqual([0, 1, 2, 3, 4, 5]);
      // What is signed is signed with the time that the machine has.
      expect(Math.abs((sent.at(-1)?.timestamp ?? 0) - before) * 1_000).toBeGreaterThan(YEAR_MS - HOUR_MS);
    },
  );
});
