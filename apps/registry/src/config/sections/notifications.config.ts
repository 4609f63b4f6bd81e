import { flag, oneOf } from '../schema/kinds.js';
import { Key, Section, SectionList } from '../schema/section-schema.js';
import { EndpointConfig } from './endpoint.config.js';

export const COMPATIBILITIES = ['herald', 'distribution'] as const;

export class EventsConfig {
  @Key(flag())
  includereferences = false;
}

/** `notifications`: which events are sent where. */
export class NotificationsConfig {
  @Section(() => EventsConfig, { goName: 'eventconfig' })
  events = new EventsConfig();

  /** Herald's own: `distribution` brings upstream's notification behaviour back where Herald differs on purpose. */
  @Key(oneOf(COMPATIBILITIES))
  compatibility: (typeof COMPATIBILITIES)[number] = 'herald';

  @SectionList(() => EndpointConfig, 'an endpoint')
  endpoints: EndpointConfig[] = [];
}
