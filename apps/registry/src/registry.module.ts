import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseModule } from '@herald/database';
import { NotificationsModule, notificationsMigrations } from '@herald/notifications';
import {
  EventOrigin,
  NotificationsListener,
  RegistryNotificationsModule,
} from '@herald/notifications/registry';
import {
  RepositoryService,
  StorageModule,
  storageMigrations,
  StoredRepositoryService,
} from '@herald/storage';
import { type RegistryConfig } from './config/registry-config.js';
import { REGISTRY_CONFIG } from './config/registry-config.token.js';
import { ApiBaseController } from './distribution/api-base.controller.js';
import { BlobsController } from './distribution/blobs.controller.js';
import { DeletionPolicy } from './distribution/deletion-policy.js';
import { ManifestsController } from './distribution/manifests.controller.js';
import { TagsController } from './distribution/tags.controller.js';
import { UploadsController } from './distribution/uploads.controller.js';
import { Locations } from './http/locations.js';
import { OciErrorFilter } from './http/oci-error.filter.js';
import { RequestContexts } from './http/request-context.js';
import { RequestOrigin } from './http/request-origin.js';
import { AdminGuard } from './operations/admin/admin.guard.js';
import { RepositoriesAdminController } from './operations/admin/repositories-admin.controller.js';
import { HealthController } from './operations/health.controller.js';
import { StorageHealthIndicator } from './operations/storage.health-indicator.js';

/** What the program hands to its module: settings, and what its HTTP server shares with the requests it serves. */
export interface RegistryModuleOptions {
  readonly config: RegistryConfig;
  readonly contexts: RequestContexts;
}

/**
 * The composition root: the one place that knows every library. Here the storage's repositories meet their listener, and the
 * controllers below get the decorated ones.
 */
@Module({})
export class RegistryModule {
  static forRoot({ config, contexts }: RegistryModuleOptions): DynamicModule {
    const settings: DynamicModule = {
      module: SettingsModule,
      global: true,
      providers: [
        { provide: REGISTRY_CONFIG, useValue: config },
        { provide: RequestContexts, useValue: contexts },
        { provide: EventOrigin, useClass: RequestOrigin },
      ],
      exports: [REGISTRY_CONFIG, RequestContexts, EventOrigin],
    };
    const notifications = NotificationsModule.forRoot({ endpoints: config.notifications.endpoints });
    return {
      module: RegistryModule,
      imports: [
        settings,
        DatabaseModule.forRoot({
          path: config.database.path,
          migrations: [...storageMigrations, ...notificationsMigrations],
        }),
        StorageModule.forRoot(config.storage),
        notifications,
        RegistryNotificationsModule.forRoot({
          modules: [notifications],
          source: { addr: sourceAddress(config), instanceID: randomUUID() },
          includeReferences: config.notifications.includeReferences,
          ...(config.notifications.compatibility === 'distribution' && { compatibility: 'distribution' }),
        }),
        TerminusModule,
      ],
      controllers: [
        ApiBaseController,
        ManifestsController,
        BlobsController,
        UploadsController,
        TagsController,
        HealthController,
        RepositoriesAdminController,
      ],
      providers: [
        {
          provide: RepositoryService,
          inject: [StoredRepositoryService, NotificationsListener],
          useFactory: (stored: StoredRepositoryService, listener: NotificationsListener) =>
            listener.listen(stored),
        },
        { provide: APP_FILTER, useClass: OciErrorFilter },
        AdminGuard,
        DeletionPolicy,
        Locations,
        StorageHealthIndicator,
      ],
    };
  }
}

@Module({})
class SettingsModule {}

/** This node as events name it: never the public address, which belongs to the request. */
function sourceAddress({ http }: RegistryConfig): string {
  return `${hostname()}:${http.listen.port}`;
}
