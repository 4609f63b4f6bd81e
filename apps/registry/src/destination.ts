import { isWebhook, type EndpointOptions } from '@herald/notifications';

import { redactUrl } from './config/values/http-url.js';

/** Where an endpoint's events go and how they are written, as may be shown to anybody: of a URL scheme and host, else the type. */
export function destinationOf(endpoint: EndpointOptions): {
  readonly destination: string;
  readonly format: string;
} {
  const format = ('format' in endpoint ? endpoint.format : undefined) ?? 'distribution.v1';
  const destination = isWebhook(endpoint) ? redactUrl(endpoint.url) : endpoint.type;
  return { destination, format };
}
