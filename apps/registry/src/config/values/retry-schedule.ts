import { parseDuration } from './duration.js';

/** Waits that a schedule may list. */
const MOST_WAITS = 100;

/**
 * Reads when what failed is tried again: `standard`, `distribution`, or the waits themselves, in the order of the attempts, the last one
 * repeated: `1s, 5s, 1m`. Undefined when the text is none of these.
 *
 * @returns waits in whole ms, rounded up
 */
export function parseRetrySchedule(
  text: string,
): 'standard' | 'distribution' | readonly number[] | undefined {
  if (text === 'standard' || text === 'distribution') return text;
  const waits = text.split(',').map((part) => parseDuration(part.trim()));
  if (waits.length > MOST_WAITS) return undefined;
  const known = waits.flatMap((wait) => (wait.ok ? [Math.ceil(wait.ms)] : []));
  return known.length === waits.length ? known : undefined;
}
