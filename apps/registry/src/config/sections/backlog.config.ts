import type { BacklogOptions } from '@herald/notifications';

import { byteSize, count, oneOf } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';

/** The most that a size of the log may say: a pebibyte means "no limit" as well as 0 does. */
export const LARGEST_LOG_BYTES = 2 ** 50;

export const MOST_BACKLOG_EVENTS = 1_000_000_000;

export type BacklogLimit = NonNullable<BacklogOptions['onLimit']>;

export const BACKLOG_LIMITS: readonly BacklogLimit[] = ['detach', 'refuse'];

/** How much may wait for one endpoint, where that differs from what holds for all. 0 sets no limit. */
export class EndpointBacklogConfig {
  @Key(count(0, MOST_BACKLOG_EVENTS))
  maxevents?: number;

  @Key(byteSize(LARGEST_LOG_BYTES))
  maxbytes?: string | number;

  @Key(oneOf(BACKLOG_LIMITS))
  onlimit?: BacklogLimit;
}
