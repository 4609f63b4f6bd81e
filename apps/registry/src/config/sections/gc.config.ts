import { durationOr, duration, flag } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';
import { isZeroDuration } from '../values/duration.js';

/** `gc`, Herald's own: what is garbage, and when it is collected. */
export class GcConfig {
  @Key(flag())
  enabled = false;

  /** From the end of one run to the next. */
  @Key(duration(), { isUnset: isZeroDuration })
  interval = '24h';

  /** How long a blob stays without a manifest after somebody was told that it is there. */
  @Key(duration())
  grace = '24h';

  /** How long a manifest stays without a tag. */
  @Key(durationOr('keep'))
  untagged = 'keep';
}
