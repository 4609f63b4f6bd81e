import { HttpService } from '@nestjs/axios';
import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Database } from '@herald/database';
import { BacklogWatch } from './backlog/backlog-watch.js';
import { ClientTraffic, HttpClientTraffic } from './delivery/client-traffic.js';
import { Clock, SystemClock } from './delivery/clock.js';
import { Pacer } from './delivery/pacer.js';
import { Jitter, RandomJitter } from './delivery/schedule.js';
import { DeadLetters } from './dead-letters/dead-letters.js';
import { EventPages } from './event-log/event-pages.js';
import { EventIds, UuidEventIds } from './event-log/event-ids.js';
import { EventLog } from './event-log/event-log.js';
import { ProgressStore } from './event-log/progress-store.js';
import { NotificationsHealthIndicator } from './health/notifications.health-indicator.js';
import { HostResolver, SystemHostResolver } from './http/addresses/host-resolver.js';
import { deliveryHttp } from './http/delivery-http.js';
import { EndpointClients } from './http/endpoint-client.js';
import { DeliveryObserver, DeliveryObservers } from './metrics/delivery-observer.js';
import { RecentAttempts } from './metrics/recent-attempts.js';
import {
  ConfigurableModuleClass,
  NOTIFICATIONS_OPTIONS,
  type OPTIONS_TYPE,
} from './notifications.module-definition.js';
import { checkedOptions } from './notifications.options-check.js';
import type { NotificationsOptions } from './notifications.options.js';
import { Replays } from './replay/replays.js';
import { LogMaintenance } from './retention/log-maintenance.js';
import { Broadcaster } from './sinks/broadcaster.js';
import { Transports } from './transports/transports.js';

/**
 * Notifications that cannot be lost, for any Nest application: an event log in the application's database, and webhook endpoints that
 * are fed from it until they have taken every event.
 *
 * ```ts
 * NotificationsModule.forRoot({
 *   database: { path: 'data/events.db' },
 *   endpoints: [{ name: 'audit', url: 'https://audit.example/hook', format: 'cloudevents' }],
 * })
 * ```
 *
 * Publish with {@link EventLog}, or join a write batch of your own with `EventLog.append`.
 */
@Module({
  imports: [TerminusModule],
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Jitter, useClass: RandomJitter },
    { provide: EventIds, useClass: UuidEventIds },
    DeliveryObservers,
    { provide: DeliveryObserver, useExisting: DeliveryObservers },
    {
      provide: EventLog,
      inject: [Database, Clock, EventIds],
      useFactory: (database: Database, clock: Clock, ids: EventIds) => EventLog.open(database, clock, ids),
    },
    ProgressStore,
    { provide: HostResolver, useClass: SystemHostResolver },
    { provide: HttpService, useFactory: deliveryHttp },
    EndpointClients,
    Transports,
    { provide: ClientTraffic, useClass: HttpClientTraffic },
    Pacer,
    Broadcaster,
    LogMaintenance,
    BacklogWatch,
    EventPages,
    RecentAttempts,
    DeadLetters,
    Replays,
    NotificationsHealthIndicator,
  ],
  exports: [
    EventLog,
    EventPages,
    RecentAttempts,
    DeadLetters,
    Replays,
    Broadcaster,
    NotificationsHealthIndicator,
    DeliveryObservers,
    Clock,
    EventIds,
  ],
})
export class NotificationsModule extends ConfigurableModuleClass {
  /** @throws NotificationsError `OPTIONS_INVALID`, before anything is opened */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    const { database: _database, eventEmitter: _eventEmitter, global: _global, ...rest } = options;
    checkedOptions(rest);
    return super.forRoot(options);
  }

  /** @throws NotificationsError `OPTIONS_INVALID` */
  constructor(@Inject(NOTIFICATIONS_OPTIONS) options: NotificationsOptions) {
    super();
    checkedOptions(options);
  }
}
