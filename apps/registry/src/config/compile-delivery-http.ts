import { hostname } from 'node:os';
import type { WebhookOptions } from '@herald/notifications';

import type { EndpointConfig } from './sections/endpoint.config.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import { durationMs } from './values/duration.js';

type Compiled = Pick<WebhookOptions, 'timeouts' | 'compression' | 'proxy' | 'handshake'>;

/** How requests travel to an endpoint, as the notifications library takes it. */
export function compileDeliveryHttp(
  endpoint: EndpointConfig,
  { notifications, http }: RegistryFile,
): Compiled {
  const { timeouts, compression, proxy = notifications.proxy, handshake } = endpoint;
  return {
    timeouts: {
      connectMs: durationMs(timeouts.connect),
      ...(timeouts.firstbyte !== undefined && { firstByteMs: durationMs(timeouts.firstbyte) }),
    },
    compression,
    proxy,
    ...(handshake && { handshake: { origin: senderName(http.host) } }),
  };
}

/** The registry's public name, or else this machine's. */
function senderName(host: string | undefined): string {
  return host === undefined ? hostname() : new URL(host).hostname;
}
