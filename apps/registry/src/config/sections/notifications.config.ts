import { byteSize, count, duration, flag, oneOf } from '../schema/kinds.js';
import { Key, Section, SectionList } from '../schema/section-schema.js';
import { proxy } from '../schema/trust-kinds.js';
import {
  BACKLOG_LIMITS,
  LARGEST_LOG_BYTES,
  MOST_BACKLOG_EVENTS,
  type BacklogLimit,
} from './backlog.config.js';
import { EndpointConfig } from './endpoint.config.js';
import { AddressesConfig } from './trust.config.js';

export const COMPATIBILITIES = ['herald', 'distribution'] as const;

export class EventsConfig {
  @Key(flag())
  includereferences = false;
}

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

/** How much may wait for each endpoint. 0 sets no limit. */
export class BacklogConfig {
  @Key(count(0, MOST_BACKLOG_EVENTS))
  maxevents = 0;

  @Key(byteSize(LARGEST_LOG_BYTES))
  maxbytes: string | number = '1GiB';

  @Key(oneOf(BACKLOG_LIMITS))
  onlimit: BacklogLimit = 'detach';
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

  /** Herald's own: how much may wait for each endpoint, unless it says so itself. */
  @Section(() => BacklogConfig)
  backlog = new BacklogConfig();

  /** Herald's own: the addresses that every endpoint may be reached at. */
  @Section(() => AddressesConfig)
  addresses = new AddressesConfig();

  /** Herald's own: the way to endpoints that have no `proxy` of their own. */
  @Key(proxy())
  proxy = 'environment';

  @SectionList(() => EndpointConfig, 'an endpoint')
  endpoints: EndpointConfig[] = [];
}
