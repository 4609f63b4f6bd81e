import type { WebhookOptions } from '@herald/notifications';

import type { EndpointConfig } from './sections/endpoint.config.js';
import { durationMs } from './values/duration.js';

/** How requests travel to an endpoint, as the notifications library takes it. */
export function compileDeliveryHttp({ timeouts }: EndpointConfig): Pick<WebhookOptions, 'timeouts'> {
  return {
    timeouts: {
      connectMs: durationMs(timeouts.connect),
      ...(timeouts.firstbyte !== undefined && { firstByteMs: durationMs(timeouts.firstbyte) }),
    },
  };
}
