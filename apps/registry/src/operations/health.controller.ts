import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { NotificationsHealthIndicator } from '@herald/notifications';
import { StorageHealthIndicator } from './storage.health-indicator.js';

/**
 * What operators and orchestrators ask. A failing endpoint is reported and takes nothing out of service: pushes and pulls do not need
 * it, and its events wait in the log.
 */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly storage: StorageHealthIndicator,
    private readonly notifications: NotificationsHealthIndicator,
  ) {}

  /** Everything, for people and dashboards: 200 while the registry can serve, else 503. */
  @Get('health')
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.storage.metadata(),
      () => this.storage.storage(),
      () => this.storage.room(),
      () => this.notifications.check(),
    ]);
  }

  /** Whether the process runs at all: a no means restart it. */
  @Get('livez')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether requests may be sent here: no while it starts, stops, or cannot reach its storage. */
  @Get('readyz')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.storage.metadata(),
      () => this.storage.storage(),
      () => this.storage.room(),
    ]);
  }
}
