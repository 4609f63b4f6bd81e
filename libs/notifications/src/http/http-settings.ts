import type { StageLimits } from './endpoint-connection.js';
import type { HttpOptions, TimeoutOptions } from './http.options.js';

/** How requests travel to one endpoint, with every default in place. */
export interface HttpSettings {
  readonly limits: StageLimits;
}

/** A host that is not there should be noticed before a patient deadline ends. */
const DEFAULT_CONNECT_MS = 10_000;

/** @param timeoutMs the deadline over the whole request */
export function httpSettings(options: HttpOptions, timeoutMs: number): HttpSettings {
  return { limits: stageLimits(options.timeouts, timeoutMs) };
}

/** A stage that may take as long as the whole has no limit of its own. */
function stageLimits(
  { connectMs = DEFAULT_CONNECT_MS, firstByteMs = Number.POSITIVE_INFINITY }: TimeoutOptions = {},
  timeoutMs: number,
): StageLimits {
  const within = (limitMs: number) => (limitMs < timeoutMs ? limitMs : Number.POSITIVE_INFINITY);
  return { connectMs: within(connectMs), firstByteMs: within(firstByteMs) };
}
