import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Clock } from '../delivery/clock.js';
import type { EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';
import { Broadcaster } from '../sinks/broadcaster.js';

/** What `/health` says of an endpoint: names, counters and states. No URL, and no text that an endpoint could have written. */
export interface EndpointHealth extends Omit<
  EndpointMetricsSnapshot,
  'cursor' | 'oldestPendingAtMs' | 'lastSuccessAtMs'
> {
  /** Age of the oldest event that is neither delivered nor dead. */
  readonly oldestPendingSeconds?: number;
  readonly lastSuccessSecondsAgo?: number;
}

/**
 * How the endpoints fare. Always up: an endpoint that fails is reported, and takes nothing out of service, because its events are safe
 * in the log and nobody who uses the application is the worse for it.
 */
@Injectable()
export class NotificationsHealthIndicator {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly broadcaster: Broadcaster,
    private readonly clock: Clock,
  ) {}

  /** For `HealthCheckService.check`. */
  check(): HealthIndicatorResult<
    'notifications',
    'up',
    { readonly endpoints: Readonly<Record<string, EndpointHealth>>; readonly detached?: readonly string[] }
  > {
    const nowMs = this.clock.now();
    const endpoints = Object.fromEntries(
      this.broadcaster.endpoints.map(({ name, metrics }) => [name, healthOf(metrics, nowMs)]),
    );
    const detached = this.broadcaster.detached.map(({ name }) => name);
    return this.health.check('notifications').up({ endpoints, ...(detached.length > 0 && { detached }) });
  }
}

function healthOf(metrics: EndpointMetricsSnapshot, nowMs: number): EndpointHealth {
  const { cursor: _cursor, oldestPendingAtMs, lastSuccessAtMs, ...rest } = metrics;
  return {
    ...rest,
    ...(oldestPendingAtMs === undefined
      ? {}
      : { oldestPendingSeconds: secondsSince(oldestPendingAtMs, nowMs) }),
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccessSecondsAgo: secondsSince(lastSuccessAtMs, nowMs) }),
  };
}

function secondsSince(timeMs: number, nowMs: number): number {
  return Math.max(0, Math.round((nowMs - timeMs) / 1_000));
}
