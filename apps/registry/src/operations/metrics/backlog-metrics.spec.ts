import type { Broadcaster, Clock, EventLog } from '@herald/notifications';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { BacklogMetrics } from './backlog-metrics.js';

/** A page of metrics over a log that tells this of itself. */
async function page(log: { readonly shed: number; readonly head: () => Promise<number> }): Promise<string> {
  const registry = new Registry();
  const backlog = { bytes: 450, share: 0.45, refusing: true };
  const states = { breaker: 'open', state: 'overflowed', backlog };
  const metrics = {
    cursor: 5,
    envelopeSize: 4,
    deadLetters: 0,
    agedDeadLetters: 2,
    oldestPendingAtMs: 1_000,
    ...states,
  };
  const broadcaster = { endpoints: [{ name: 'ci', metrics }] } as unknown as Broadcaster;
  const clock = { now: () => 3_500 } as Clock;
  expect(new BacklogMetrics(registry, broadcaster, log as EventLog, clock)).toBeDefined();
  await registry.metrics();
  return registry.metrics();
}

describe('metrics of the backlog', () => {
  it('count the pulls that were shed, once however often they are read', async () => {
    expect(await page({ shed: 0, head: () => Promise.resolve(8) })).toContain(
      '\nherald_notifications_shed_total 0\n',
    );
    expect(await page({ shed: 3, head: () => Promise.resolve(8) })).toContain(
      '\nherald_notifications_shed_total 3\n',
    );
  });

  it('measure the lag in events of the log, and the age in seconds', async () => {
    const text = await page({ shed: 0, head: () => Promise.resolve(8) });
    expect(text).toContain('herald_notifications_lag_events{endpoint="ci"} 3\n');
    expect(text).toContain('herald_notifications_oldest_pending_seconds{endpoint="ci"} 2.5\n');
    expect(text).toContain('herald_notifications_breaker_open{endpoint="ci"} 1\n');
    expect(text).toContain('herald_notifications_envelope_size{endpoint="ci"} 4\n');
  });

  it('show how much of its bound a backlog uses, and what came of it', async () => {
    const text = await page({ shed: 0, head: () => Promise.resolve(8) });
    expect(text).toContain('herald_notifications_backlog_bytes{endpoint="ci"} 450\n');
    expect(text).toContain('herald_notifications_backlog_share{endpoint="ci"} 0.45\n');
    expect(text).toContain('herald_notifications_overflowed{endpoint="ci"} 1\n');
    expect(text).toContain('herald_notifications_refusing{endpoint="ci"} 1\n');
  });

  it('count the events that were given up as dead letters because of their age', async () => {
    expect(await page({ shed: 0, head: () => Promise.resolve(8) })).toContain(
      'herald_notifications_dead_letters_aged_total{endpoint="ci"} 2\n',
    );
  });

  it('are served without the lag while the database cannot be read', async () => {
    const text = await page({ shed: 0, head: () => Promise.reject(new Error('the disk is gone')) });
    expect(text).not.toContain('lag_events{');
    expect(text).toContain('herald_notifications_breaker_open{endpoint="ci"} 1\n');
  });
});
