import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { DatabaseModule, type Migration } from '@herald/database';
import { notificationsMigrations } from './event-log/schema.js';
import type { NotificationsOptions } from './notifications.options.js';

/** What decides which modules the notifications bring along. Given beside the options, also to `forRootAsync`. */
export interface NotificationsExtras {
  /**
   * Brings a database of its own, with the application's migrations beside the library's. Without it the application has a global
   * `Database` (DatabaseModule), whose migrations include `notificationsMigrations`.
   */
  readonly database?: { readonly path: string; readonly migrations?: readonly Migration[] } | undefined;
  /** Brings EventEmitterModule. False for an application that imports `EventEmitterModule.forRoot()` itself. Default true. */
  readonly eventEmitter?: boolean | undefined;
  /** Every module of the application sees what this one exports. Default true. */
  readonly global?: boolean | undefined;
}

const DEFAULT_EXTRAS: NotificationsExtras = { database: undefined, eventEmitter: true, global: true };

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: NOTIFICATIONS_OPTIONS,
  OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<NotificationsOptions>({ moduleName: 'Notifications' })
  .setClassMethodName('forRoot')
  .setExtras<NotificationsExtras>(DEFAULT_EXTRAS, withModules)
  .build();

function withModules(
  definition: DynamicModule,
  { database, eventEmitter, global = true }: NotificationsExtras,
): DynamicModule {
  const imports = [...(definition.imports ?? [])];
  if (eventEmitter !== false) imports.push(EventEmitterModule.forRoot());
  if (database !== undefined) {
    const { path, migrations = [] } = database;
    imports.push(DatabaseModule.forRoot({ path, migrations: [...notificationsMigrations, ...migrations] }));
  }
  return { ...definition, imports, global };
}
