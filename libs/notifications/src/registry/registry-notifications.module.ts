import { ConfigurableModuleBuilder, Module, type DynamicModule } from '@nestjs/common';
import { EventBridge } from './bridge.js';
import { NotificationsListener } from './notifications-listener.js';
import {
  BRIDGE_OPTIONS,
  bridgeOptions,
  type RegistryNotificationsOptions,
} from './registry-notifications.options.js';

/** Given beside the options, also to `forRootAsync`. */
export interface RegistryNotificationsExtras {
  /**
   * Modules that export what the listener needs and is not global: the `NotificationsModule` (the same object that the application
   * imports) and the application's `EventOrigin`.
   */
  readonly modules?: NonNullable<DynamicModule['imports']>;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<RegistryNotificationsOptions>({ moduleName: 'RegistryNotifications' })
    .setClassMethodName('forRoot')
    .setExtras<RegistryNotificationsExtras>({ modules: [] }, (definition, { modules = [] }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...modules],
    }))
    .build();

/**
 * Gives the {@link NotificationsListener}, with which an application decorates its storage. Needs the `NotificationsModule`, an
 * `EventEmitterModule` and an `EventOrigin`.
 */
@Module({
  providers: [
    { provide: BRIDGE_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: bridgeOptions },
    EventBridge,
    NotificationsListener,
  ],
  exports: [EventBridge, NotificationsListener],
})
export class RegistryNotificationsModule extends ConfigurableModuleClass {}
