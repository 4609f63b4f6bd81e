import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { answer } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';

describe('NotificationsHealthIndicator', () => {
  const bench = useDelivery();

  it('names no endpoint when none is configured', async () => {
    await bench.app.start([]);
    expect(bench.app.health.check()).toEqual({ notifications: { status: 'up', endpoints: {} } });
  });

  it('has every counter of an endpoint before its first event', async () => {
    await bench.app.start([bench.endpoint('a')]);
    expect(bench.app.health.check().notifications.endpoints).toEqual({
      a: {
        Events: 0,
        Pending: 0,
        Successes: 0,
        Failures: 0,
        Errors: 0,
        Statuses: {},
        faults: {},
        proxyFaults: {},
        cutAnswers: {},
        attempts: 0,
        attemptsPerEvent: {},
        deadLetters: 0,
        agedDeadLetters: 0,
        breaker: 'closed',
        envelopeSize: 1,
        state: 'active',
        backlog: { bytes: 0, share: 0, refusing: false },
      },
    });
  });

  it('is up while an endpoint fails, and says how it fares and for how long', async () => {
    bench.receiver.behaviour = answer(500);
    await bench.app.start([bench.endpoint('bad', { threshold: 2 })]);
    await bench.app.log.publish({
      type: 'test.thing.happened',
      lane: 'x',
      data: {},
      time: new Date(Date.now() - 90_000),
    });
    await waitFor(() => bench.app.metrics('bad').breaker !== 'closed');
    const { notifications } = bench.app.health.check();
    expect(notifications.status).toBe('up');
    expect(notifications.endpoints['bad']).toMatchObject({
      Events: 1,
      Pending: 1,
      Successes: 0,
      lastError: 'status',
    });
    expect(notifications.endpoints['bad']?.oldestPendingSeconds).toBeGreaterThanOrEqual(90);
    expect(notifications.endpoints['bad']?.lastSuccessSecondsAgo).toBeUndefined();
    expect(Object.keys(notifications.endpoints['bad']?.Statuses ?? {})).toEqual([
      '500 Internal Server Error',
    ]);
  });

  it('says when an endpoint took an event last', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    const health = bench.app.health.check().notifications.endpoints['a'];
    expect(health).toMatchObject({ Successes: 1, Pending: 0, lastSuccessSecondsAgo: 0 });
    expect(health?.oldestPendingSeconds).toBeUndefined();
  });
});
