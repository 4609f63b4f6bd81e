import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseModule } from '@herald/database';
import { Broadcaster, NotificationsModule, notificationsMigrations } from '@herald/notifications';
import {
  EventOrigin,
  NotificationsListener,
  RegistryNotificationsModule,
} from '@herald/notifications/registry';
import {
  CollectionSchedule,
  GarbageCollector,
  RepositoryService,
  StorageClock,
  StorageModule,
  storageMigrations,
  StoredRepositoryService,
} from '@herald/storage';
import { type RegistryConfig } from './config/registry-config.js';
import { REGISTRY_CONFIG } from './config/registry-config.token.js';
import { ApiBaseController } from './distribution/api-base.controller.js';
import { BlobsController } from './distribution/blobs.controller.js';
import { CatalogController } from './distribution/catalog.controller.js';
import { DeletionPolicy } from './distribution/deletion-policy.js';
import { DiskPolicy } from './distribution/disk-policy.js';
import { ExtensionsController } from './distribution/extensions.controller.js';
import { ManifestsController } from './distribution/manifests.controller.js';
import { ReferrersController } from './distribution/referrers.controller.js';
import { TagsController } from './distribution/tags.controller.js';
import { UploadsController } from './distribution/uploads.controller.js';
import { WritePolicy } from './distribution/write-policy.js';
import { Locations } from './http/locations.js';
import { OciErrorFilter } from './http/oci-error.filter.js';
import { RequestContexts } from './http/request-context.js';
import { RequestOrigin } from './http/request-origin.js';
import { EventTrail } from './logging/event-trail.js';
import { endpointsOf } from './notifications-compatibility.js';
import { AdminGuard } from './operations/admin/admin.guard.js';
import { AttemptsAdminController } from './operations/admin/attempts-admin.controller.js';
import { BackupsAdminController } from './operations/admin/backups-admin.controller.js';
import { CollectionAdminController } from './operations/admin/collection-admin.controller.js';
import { ReplaysAdminController } from './operations/admin/replays-admin.controller.js';
import { DeadLettersAdminController } from './operations/admin/dead-letters-admin.controller.js';
import { EndpointsAdminController } from './operations/admin/endpoints-admin.controller.js';
import { EventFeed } from './operations/admin/event-feed.js';
import { EventsAdminController } from './operations/admin/events-admin.controller.js';
import { RepositoriesAdminController } from './operations/admin/repositories-admin.controller.js';
import { AdminApiDocument } from './operations/admin/openapi/admin-api-document.js';
import { OpenApiController } from './operations/admin/openapi/openapi.controller.js';
import { Backups } from './operations/backup/backups.js';
import { ConfigReload, type ReloadableConfig } from './operations/config-reload.js';
import { ReloadAdminController } from './operations/admin/reload-admin.controller.js';
import { DebugModule, type DebugModuleOptions } from './operations/debug/debug.module.js';
import { HealthController } from './operations/health.controller.js';
import { StorageHealthIndicator } from './operations/storage.health-indicator.js';
import { WebhookKeysController } from './operations/webhook-keys.controller.js';

/** What the program hands to its module: settings, and what its HTTP server shares with the requests it serves. */
export interface RegistryModuleOptions {
  readonly config: RegistryConfig;
  readonly contexts: RequestContexts;
  /** What the debug address serves of figures; undefined when none are kept. */
  readonly metrics?: DebugModuleOptions['metrics'];
  /** Where the configuration is read again; undefined for a program that serves one command alone. */
  readonly reloadable?: ReloadableConfig | undefined;
}

/** The OCI distribution API. */
const DISTRIBUTION = [
  ApiBaseController,
  ManifestsController,
  BlobsController,
  UploadsController,
  TagsController,
  CatalogController,
  ExtensionsController,
  ReferrersController,
];

/** What operators ask, and machines that watch the program. */
const OPERATIONS = [
  HealthController,
  WebhookKeysController,
  RepositoriesAdminController,
  EndpointsAdminController,
  EventsAdminController,
  DeadLettersAdminController,
  ReplaysAdminController,
  AttemptsAdminController,
  BackupsAdminController,
  CollectionAdminController,
  OpenApiController,
  ReloadAdminController,
];

/**
 * The composition root: the one place that knows every library. Here the storage's repositories meet their listener, and the
 * controllers get the decorated ones.
 */
@Module({})
export class RegistryModule {
  static forRoot(options: RegistryModuleOptions): DynamicModule {
    return {
      module: RegistryModule,
      imports: importsOf(options),
      controllers: [...DISTRIBUTION, ...OPERATIONS],
      providers: [
        {
          provide: RepositoryService,
          inject: [StoredRepositoryService, NotificationsListener],
          useFactory: (stored: StoredRepositoryService, listener: NotificationsListener) =>
            listener.listen(stored),
        },
        {
          provide: CollectionSchedule,
          inject: [GarbageCollector, StorageClock, NotificationsListener],
          useFactory: (collector: GarbageCollector, clock: StorageClock, listener: NotificationsListener) =>
            new CollectionSchedule(options.config.gc, collector, clock, listener.alongside()),
        },
        { provide: APP_FILTER, useClass: OciErrorFilter },
        { provide: APP_GUARD, useClass: WritePolicy },
        { provide: APP_GUARD, useClass: DiskPolicy },
        AdminApiDocument,
        AdminGuard,
        Backups,
        {
          provide: ConfigReload,
          inject: [Broadcaster],
          useFactory: (broadcaster: Broadcaster) => new ConfigReload(broadcaster, options.reloadable),
        },
        EventFeed,
        DeletionPolicy,
        Locations,
        StorageHealthIndicator,
        ...(options.config.log.level === 'debug' ? [EventTrail] : []),
      ],
    };
  }
}

function importsOf(options: RegistryModuleOptions): NonNullable<DynamicModule['imports']> {
  const { config, metrics } = options;
  const notifications = NotificationsModule.forRoot({
    endpoints: endpointsOf(config.notifications),
    addresses: config.notifications.addresses,
    retention: config.notifications.retention,
    backlog: config.notifications.backlog,
  });
  const storage = StorageModule.forRoot(config.storage);
  return [
    settingsOf(options),
    DatabaseModule.forRoot({
      path: config.database.path,
      migrations: [...storageMigrations, ...notificationsMigrations],
      disk: {
        directories: [config.storage.rootDirectory],
        minFreeBytes: config.storage.minFreeBytes,
        reserveBytes: config.database.reserveBytes,
      },
    }),
    storage,
    notifications,
    RegistryNotificationsModule.forRoot({
      modules: [notifications],
      source: { addr: sourceAddress(config), instanceID: randomUUID() },
      includeReferences: config.notifications.includeReferences,
      ...(config.notifications.compatibility === 'distribution' && { compatibility: 'distribution' }),
    }),
    DiscoveryModule,
    TerminusModule,
    ...(config.http.debug === undefined ? [] : [DebugModule.forRoot({ notifications, storage, metrics })]),
  ];
}

/** What every module of the program may ask for. */
function settingsOf({ config, contexts }: RegistryModuleOptions): DynamicModule {
  return {
    module: SettingsModule,
    global: true,
    providers: [
      { provide: REGISTRY_CONFIG, useValue: config },
      { provide: RequestContexts, useValue: contexts },
      { provide: EventOrigin, useClass: RequestOrigin },
    ],
    exports: [REGISTRY_CONFIG, RequestContexts, EventOrigin],
  };
}

@Module({})
class SettingsModule {}

/** This node as events name it: never the public address, which belongs to the request. */
function sourceAddress({ http }: RegistryConfig): string {
  return `${hostname()}:${http.listen.port}`;
}
