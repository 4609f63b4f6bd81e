/** What a text says when it is read as a duration; `reason` tells a reader of the configuration what to change. */
export type DurationReading =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly reason: 'syntax' | 'unit-missing' | 'negative' | 'too-long' };

/** The longest time that a timer of Node can wait: 2^31 - 1 ms, a little under 25 days. */
export const LONGEST_DURATION_MS = 2_147_483_647;

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const NUMBER = String.raw`(?:\d+\.?\d*|\.\d+)`;
const UNIT = '(?:ns|us|µs|μs|ms|s|m|h)';
const WHOLE = new RegExp(`^[+-]?(?:${NUMBER}${UNIT})+$`);
const BARE = new RegExp(`^[+-]?${NUMBER}$`);

/**
 * Reads a duration as Go's `time.ParseDuration` does (`500ms`, `1m30s`, `1.5h`, `100us`), into ms, fractions kept.
 *
 * `0` needs no unit. A bare number is refused: Distribution takes it for nanoseconds, which nobody who writes it means.
 */
export function parseDuration(text: string): DurationReading {
  if (BARE.test(text)) {
    return Number(text) === 0 ? { ok: true, ms: 0 } : { ok: false, reason: 'unit-missing' };
  }
  if (!WHOLE.test(text)) {
    return { ok: false, reason: 'syntax' };
  }
  const ms = Math.round(sumNanoseconds(text)) / 1e6;
  if (ms > LONGEST_DURATION_MS) {
    return { ok: false, reason: 'too-long' };
  }
  return text.startsWith('-') && ms > 0 ? { ok: false, reason: 'negative' } : { ok: true, ms };
}

/**
 * A duration that has been found good, for a timer: whole ms, rounded up, so that a microsecond does not become "at once".
 *
 * @throws RangeError when it is none
 */
export function durationMs(value: string | number): number {
  const reading = parseDuration(String(value));
  if (!reading.ok) {
    throw new RangeError('not a duration');
  }
  return Math.ceil(reading.ms);
}

function sumNanoseconds(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(new RegExp(`(${NUMBER})(${UNIT})`, 'g'))) {
    sum += Number(amount) * (NANOSECONDS[unit ?? ''] ?? 0);
  }
  return sum;
}

/** Whether a value is a duration of nothing, in whichever unit. */
export function isZeroDuration(value: unknown): boolean {
  const reading = parseDuration(String(value));
  return reading.ok && reading.ms === 0;
}
