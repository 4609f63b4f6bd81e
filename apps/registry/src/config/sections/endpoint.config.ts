import type { CloudEventsOptions, FormatName } from '@herald/notifications';

import {
  beginning,
  byteSize,
  count,
  duration,
  flag,
  headers,
  listOf,
  oneOf,
  rate,
  retrySchedule,
  text,
  webhookUrl,
} from '../schema/kinds.js';
import { Key, Section } from '../schema/section-schema.js';
import { proxy } from '../schema/trust-kinds.js';
import { isZeroDuration } from '../values/duration.js';
import { COMPRESSIONS, TimeoutsConfig } from './delivery-http.config.js';
import { EndpointBacklogConfig } from './backlog.config.js';
import { SelectionConfig } from './selection.config.js';
import { AddressesConfig, EndpointTlsConfig, SigningConfig } from './trust.config.js';

const FORMATS: readonly FormatName[] = ['distribution.v1', 'distribution.v2', 'cloudevents'];

/** What the program itself can deliver to. */
export const ENDPOINT_TYPES = ['webhook', 'file', 'stdout'] as const;

export type EndpointType = (typeof ENDPOINT_TYPES)[number];

const ACTIONS = ['push', 'pull', 'mount', 'delete'];

const ORDERINGS = ['lane', 'endpoint', 'none'] as const;

const MOST_EVENTS = 1_000;
const MOST_BYTES = 16 * 1_024 * 1_024;
const LEAST_LINE = 1_024;
const MOST_REQUESTS = 1_024;

const DEFAULT_TIME = { isUnset: isZeroDuration };

export class CloudEventsConfig {
  @Key(oneOf(['structured', 'binary', 'batched']))
  mode?: NonNullable<CloudEventsOptions['mode']>;

  @Key(text('a URI, such as https://registry.example.com'))
  source?: string;
}

export class IgnoreConfig {
  @Key(listOf(text('a media type'), 'media types'))
  mediatypes: string[] = [];

  @Key(listOf(oneOf(ACTIONS), `actions (${ACTIONS.join(', ')})`))
  actions: string[] = [];
}

/** What one request may carry. */
export class BatchConfig {
  @Key(count(1, MOST_EVENTS))
  maxevents = 100;

  @Key(byteSize(MOST_BYTES))
  maxbytes: string | number = '64KiB';
}

/** An element of `notifications.endpoints`: a webhook, unless its type says otherwise. It is known by its name. */
export class EndpointConfig {
  @Key(text('a name of at most 128 characters, its own among the endpoints', { numbers: true, longest: 128 }))
  name = '';

  @Key(flag())
  disabled = false;

  /** Herald's own: where it begins, when its name is new. */
  @Key(beginning())
  from?: 'now' | 'oldest' | number;

  /** Herald's own: where events go when it is no webhook. */
  @Key(oneOf(ENDPOINT_TYPES))
  type: EndpointType = 'webhook';

  @Key(webhookUrl())
  url?: string;

  /** Herald's own, of a file, like the one below it. */
  @Key(text('the path of a file'))
  path?: string;

  @Key(oneOf(['always', 'never']))
  fsync?: 'always' | 'never';

  /** Herald's own, of a file and of the standard output. */
  @Key(byteSize(MOST_BYTES, LEAST_LINE))
  maxline?: string | number;

  @Key(headers())
  headers: Record<string, string[]> = {};

  @Key(duration(), DEFAULT_TIME)
  timeout = '1s';

  /** Herald's own: what stages of a request may take. */
  @Section(() => TimeoutsConfig)
  timeouts = new TimeoutsConfig();

  /** Herald's own, like the two below it. */
  @Key(oneOf(COMPRESSIONS))
  compression: (typeof COMPRESSIONS)[number] = 'none';

  /** In place of `notifications.proxy`. */
  @Key(proxy())
  proxy?: string;

  /** Whether the endpoint is asked, by OPTIONS, if it agrees to be sent events. */
  @Key(flag())
  handshake = false;

  @Key(count(Number.MIN_SAFE_INTEGER), { isUnset: (value) => typeof value === 'number' && value <= 0 })
  threshold = 10;

  @Key(duration(), DEFAULT_TIME)
  backoff = '1s';

  /** Herald's own: the age from which an event is a dead letter, when the endpoint has taken nothing for as long. */
  @Key(duration(), DEFAULT_TIME)
  maxage = '72h';

  /** Herald's own: the longest wait between attempts. */
  @Key(duration(), DEFAULT_TIME)
  maxbackoff = '1m';

  /** Herald's own: when what failed is tried again. */
  @Key(retrySchedule())
  schedule?: string;

  /** Herald's own: attempts with an event that makes the endpoint fail while it takes others. */
  @Key(count(1))
  maxattempts = 5;

  /** Herald's own: the longest wait that the endpoint may ask for by `Retry-After`. */
  @Key(duration())
  maxretryafter = '1h';

  /** Herald's own: what is sent in order, one request after the other: what concerns a repository, everything, or nothing. */
  @Key(oneOf(ORDERINGS))
  ordering?: (typeof ORDERINGS)[number];

  /** Herald's own: requests in flight at once. */
  @Key(count(1, MOST_REQUESTS))
  concurrency = 16;

  /** Herald's own: the most events that it is sent, live and by replays. Without it there is no limit. */
  @Key(rate())
  rate?: string;

  /** Herald's own: how many events one request may carry. */
  @Section(() => BatchConfig)
  batch = new BatchConfig();

  /** Herald's own: how events are written. */
  @Key(oneOf(FORMATS))
  format: FormatName = 'distribution.v1';

  /** The older spelling of `ignore.mediatypes`; both count. */
  @Key(listOf(text('a media type'), 'media types'))
  ignoredmediatypes: string[] = [];

  @Section(() => IgnoreConfig)
  ignore = new IgnoreConfig();

  @Section(() => SelectionConfig, { orList: true })
  only?: SelectionConfig | SelectionConfig[];

  @Section(() => SelectionConfig, { orList: true })
  except?: SelectionConfig | SelectionConfig[];

  /** Herald's own: how CloudEvents travel, where `format` is `cloudevents`. */
  @Section(() => CloudEventsConfig)
  cloudevents?: CloudEventsConfig;

  /** Herald's own, like the two below it. */
  @Section(() => SigningConfig)
  signing = new SigningConfig();

  @Section(() => EndpointTlsConfig)
  tls?: EndpointTlsConfig;

  @Section(() => AddressesConfig)
  addresses = new AddressesConfig();

  /** Herald's own: how much may wait for it. */
  @Section(() => EndpointBacklogConfig)
  backlog?: EndpointBacklogConfig;
}
