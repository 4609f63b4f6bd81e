import type { RecentAttempt } from '@herald/notifications';
import { FAULT } from './openapi/admin-schemas.js';
import { COUNT, DURATION_MS, object, oneOf, TEXT, TIME } from './openapi/schema.js';

/** An attempt as the admin API shows it. */
export const ATTEMPT = object(
  {
    endpoint: TEXT,
    at: { ...TIME, description: 'when it was begun' },
    durationMs: DURATION_MS,
    outcome: oneOf(
      'delivered',
      'retired',
      'wait',
      'endpoint-fault',
      'event-fault',
      'envelope-fault',
      'again',
      'abandoned',
    ),
    events: { ...COUNT, description: 'events that the request carried' },
  },
  { status: COUNT, fault: FAULT, replay: { ...TEXT, description: 'the replay that it was sent by' } },
);

export function attemptView({ atMs, durationMs, result, ...attempt }: RecentAttempt) {
  return {
    ...attempt,
    at: new Date(atMs).toISOString(),
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    ...result,
  };
}
