import type { StageLimits } from './endpoint-connection.js';
import type { HandshakeOptions, HttpOptions, TimeoutOptions } from './http.options.js';
import type { Environment } from './proxy/proxy-environment.js';
import { proxyFor, type ProxyChoice } from './proxy/proxy.js';

/** How requests travel to one endpoint, with every default in place. */
export interface HttpSettings {
  readonly limits: StageLimits;
  readonly compression: 'none' | 'gzip';
  readonly proxy: ProxyChoice;
  readonly handshake: HandshakeOptions | undefined;
}

/** A host that is not there should be noticed before a patient deadline ends. */
const DEFAULT_CONNECT_MS = 10_000;

/** @param timeoutMs the deadline over the whole request */
export function httpSettings(
  { timeouts, compression = 'none', proxy = 'none', handshake }: HttpOptions,
  url: URL,
  timeoutMs: number,
  environment: Environment = process.env,
): HttpSettings {
  return {
    limits: stageLimits(timeouts, timeoutMs),
    compression,
    proxy: proxyFor(url, proxy, environment),
    handshake,
  };
}

/** A stage that may take as long as the whole has no limit of its own. */
function stageLimits(
  { connectMs = DEFAULT_CONNECT_MS, firstByteMs = Number.POSITIVE_INFINITY }: TimeoutOptions = {},
  timeoutMs: number,
): StageLimits {
  const within = (limitMs: number) => (limitMs < timeoutMs ? limitMs : Number.POSITIVE_INFINITY);
  return { connectMs: within(connectMs), firstByteMs: within(firstByteMs) };
}
