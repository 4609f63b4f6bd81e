import type { EndpointMetricsSnapshot } from '@herald/notifications';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultBench, until } from './fault-bench.js';

const STATUSES: readonly number[] = Array.from({ length: 300 }, (_, n) => 300 + n);

/** Answers of 4xx that speak of the endpoint. */
const OF_ENDPOINT = new Set([401, 403, 404, 405, 407, 408, 421, 425, 429]);

const GONE: readonly number[] = STATUSES.filter((status) => status === 410);
const REFUSALS = STATUSES.filter(
  (status) => status >= 400 && status < 500 && status !== 410 && !OF_ENDPOINT.has(status),
);
const ENDPOINT_FAULTS = STATUSES.filter((status) => !GONE.includes(status) && !REFUSALS.includes(status));

describe('every status from 300 to 599, each of an endpoint of its own,', () => {
  const bench = new FaultBench();
  const requests = new Map<string, number>();
  let repaired = false;

  /** Waits until no endpoint is so any more. Only the first that is so is looked for: whoever looks holds up whom it waits for. */
  const none = (statuses: readonly number[], isSo: (metrics: EndpointMetricsSnapshot) => boolean) =>
    until(() => expect(statuses.find((status) => isSo(bench.metrics(String(status))))).toBeUndefined());

  beforeAll(async () => {
    const origin = await bench.http((_body, request, response) => {
      const name = (request.url ?? '').slice(1);
      requests.set(name, (requests.get(name) ?? 0) + 1);
      const location = { Location: `${origin}/redirected` };
      response.writeHead(repaired || name === 'healthy' ? 200 : Number(name), location).end();
    });
    const endpoints = ['healthy', ...STATUSES.map(String)].map((name) => ({
      name,
      url: `${origin}/${name}`,
      timeoutMs: 20_000,
      threshold: 3,
      schedule: [1_000, 1_000, 20_000],
    }));
    await bench.start(endpoints);
    await bench.publish('lane');
  });

  afterAll(() => bench.stop());

  it('lets a healthy one beside them have its event', async () => {
    await until(() => expect(bench.metrics('healthy').Successes).toBe(1));
  });

  it('is a failure: the event is tried again while the endpoint is to blame, and the breaker opens', async () => {
    await none(ENDPOINT_FAULTS, ({ breaker }) => breaker === 'closed');
    const wrong = ENDPOINT_FAULTS.filter((status) => {
      const { Pending, Failures, Errors, deadLetters, state } = bench.metrics(String(status));
      return Pending !== 1 || Failures < 3 || Errors !== 0 || deadLetters !== 0 || state !== 'active';
    });
    expect(wrong).toEqual([]);
  });

  it('makes the event a dead letter after four attempts when it is the event that is refused', async () => {
    await none(REFUSALS, ({ deadLetters }) => deadLetters !== 1);
    expect(REFUSALS.filter((status) => requests.get(String(status)) !== 4)).toEqual([]);
    expect(REFUSALS.filter((status) => bench.metrics(String(status)).Pending !== 0)).toEqual([]);
  });

  it('410 retires the endpoint at once, and its event waits', () => {
    expect(GONE.map((status) => bench.metrics(String(status)))).toMatchObject([
      { state: 'retired', Pending: 1, attempts: 1, deadLetters: 0 },
    ]);
  });

  it('is got over: what waited arrives when the endpoint works again', async () => {
    repaired = true;
    await bench.broadcaster.enable('410');
    await none([...ENDPOINT_FAULTS, ...GONE], ({ Successes }) => Successes !== 1);
    const { attempts, ...others } = bench.metrics('503');
    expect(others).toMatchObject({ breaker: 'closed', Pending: 0, deadLetters: 0 });
    expect(attempts).toBeGreaterThan(3);
    expect(others.attemptsPerEvent).toEqual({ [attempts <= 5 ? '5' : '10']: 1 });
  });

  it('is never followed when it is a redirect', () => {
    expect(requests.get('redirected')).toBeUndefined();
  });
});
