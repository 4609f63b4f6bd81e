import type { RateOptions } from '@herald/notifications';

const PER_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const MOST_EVENTS = 1_000_000_000;

/** Reads a number of events in a second, a minute or an hour: `100/s`, `10/m`, `5/h`. Undefined when the text is none. */
export function parseRate(text: string): RateOptions | undefined {
  const [, number, unit] = /^([1-9]\d{0,9})\/([smh])$/.exec(text) ?? [];
  const perMs = PER_MS[unit ?? ''];
  const events = Number(number);
  return perMs === undefined || events > MOST_EVENTS ? undefined : { events, perMs };
}
