import type { CloudEventsOptions, FormatName } from '@herald/notifications';

import { count, duration, flag, headers, listOf, oneOf, text, webhookUrl } from '../schema/kinds.js';
import { Key, Section } from '../schema/section-schema.js';
import { parseDuration } from '../values/duration.js';
import { SelectionConfig } from './selection.config.js';

export const FORMATS: readonly FormatName[] = ['distribution.v1', 'distribution.v2', 'cloudevents'];

const ACTIONS = ['push', 'pull', 'mount', 'delete'];

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

/** An element of `notifications.endpoints`: a webhook. It is known by its name. */
export class EndpointConfig {
  @Key(text('a name of at most 128 characters, its own among the endpoints', { numbers: true, longest: 128 }))
  name = '';

  @Key(flag())
  disabled = false;

  @Key(webhookUrl())
  url = '';

  @Key(headers())
  headers: Record<string, string[]> = {};

  @Key(duration(), DEFAULT_TIME)
  timeout = '1s';

  @Key(count(Number.MIN_SAFE_INTEGER), { isUnset: (value) => typeof value === 'number' && value <= 0 })
  threshold = 10;

  @Key(duration(), DEFAULT_TIME)
  backoff = '1s';

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
}

function isZeroDuration(value: unknown): boolean {
  const reading = parseDuration(String(value));
  return reading.ok && reading.ms === 0;
}
