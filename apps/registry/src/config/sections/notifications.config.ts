import { byteSize, duration, flag, oneOf } from '../schema/kinds.js';
import { Key, Section, SectionList } from '../schema/section-schema.js';
import { EndpointConfig } from './endpoint.config.js';
import { AddressesConfig } from './trust.config.js';

export const COMPATIBILITIES = ['herald', 'distribution'] as const;

export class EventsConfig {
  @Key(flag())
  includereferences = false;
}

/** The most that a size of the log may say: a pebibyte means "no limit" as well as 0 does. */
const LARGEST_LOG_BYTES = 2 ** 50;

/** How much of the log is kept, for replays, of what every endpoint has. 0 sets no limit. */
export class RetentionConfig {
  @Key(duration())
  age = '168h';

  @Key(byteSize(LARGEST_LOG_BYTES))
  size: string | number = '1GiB';

  /** The age from which dead letters are given up. */
  @Key(duration())
  deadletters = '0s';
}

/** `notifications`: which events are sent where. */
export class NotificationsConfig {
  @Section(() => EventsConfig, { goName: 'eventconfig' })
  events = new EventsConfig();

  /** Herald's own: `distribution` brings upstream's notification behaviour back where Herald differs on purpose. */
  @Key(oneOf(COMPATIBILITIES))
  compatibility: (typeof COMPATIBILITIES)[number] = 'herald';

  /** Herald's own. */
  @Section(() => RetentionConfig)
  retention = new RetentionConfig();

  /** Herald's own: the addresses that every endpoint may be reached at. */
  @Section(() => AddressesConfig)
  addresses = new AddressesConfig();

  @SectionList(() => EndpointConfig, 'an endpoint')
  endpoints: EndpointConfig[] = [];
}
