import { duration } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';
import { isZeroDuration } from '../values/duration.js';

export const COMPRESSIONS = ['none', 'gzip'] as const;

const DEFAULT_TIME = { isUnset: isZeroDuration };

/** `timeouts`: what stages of a request may take, within `timeout`. */
export class TimeoutsConfig {
  @Key(duration(), DEFAULT_TIME)
  connect = '10s';

  /** From the connection being there. Not set: as long as the whole request may take. */
  @Key(duration(), DEFAULT_TIME)
  firstbyte?: string;
}
