import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { NotificationsHealthIndicator } from '@herald/notifications';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly notifications: NotificationsHealthIndicator,
  ) {}

  /** How each endpoint fares: what waits for it, what it refused. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.notifications.check()]);
  }
}
