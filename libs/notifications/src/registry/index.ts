export {
  emitRegistryEvent,
  OnRegistryEvent,
  type AnyRegistryEvent,
  type RegistryDomainEvent,
  type RegistryEventMap,
} from '../event/domain-events.js';
export { EventBridge, type BridgedEvent } from './bridge.js';
export { EventOrigin, type Origin } from './event-origin.js';
export { NotificationsListener } from './notifications-listener.js';
export {
  RegistryNotificationsModule,
  type RegistryNotificationsExtras,
} from './registry-notifications.module.js';
export type { RegistryNotificationsOptions } from './registry-notifications.options.js';
