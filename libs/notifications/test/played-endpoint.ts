import type { EndpointOptions } from '../src/notifications.options.js';
import type { Wish } from './endpoint-model.js';

/** An endpoint at which everything happens soon: few events fill an envelope, its backlog and the patience with it. */
export function playedEndpoint(name: string, wish: Wish): EndpointOptions {
  return {
    type: 'custom',
    transport: 'held',
    name,
    timeoutMs: 100,
    threshold: 4,
    backoffMs: 20,
    maxBackoffMs: 100,
    maxAttempts: 2,
    maxAgeMs: 60_000,
    concurrency: 3,
    batch: { maxEvents: 3 },
    ...(wish !== 'all' && { only: { types: [`test.${wish}`] } }),
    backlog: { maxEvents: 14 },
  };
}
