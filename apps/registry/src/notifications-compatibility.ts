import { formatOf, isWebhook, type EndpointOptions, type WebhookOptions } from '@herald/notifications';
import type { NotificationsSettings } from './config/registry-config.js';

/**
 * What `notifications.compatibility: distribution` means for an endpoint, in the library's terms: bodies byte for byte as upstream writes
 * them and one event in each, one order for everything that goes there, a redirect taken for an answer, and upstream's times between
 * attempts. What the events say is the listener's part, and what is believed of a request is the origin's.
 */
const AS_UPSTREAM = {
  layout: 'upstream',
  ordering: 'endpoint',
  redirects: 'accept',
  schedule: 'distribution',
} as const satisfies Partial<WebhookOptions>;

/** The endpoints as the configured compatibility has them. */
export function endpointsOf({
  compatibility,
  endpoints,
}: Pick<NotificationsSettings, 'compatibility' | 'endpoints'>): readonly EndpointOptions[] {
  if (compatibility !== 'distribution') return endpoints;
  // What an endpoint says itself goes before what the mode says for all.
  return endpoints.map((endpoint) => (isWebhook(endpoint) ? { ...AS_UPSTREAM, ...endpoint } : endpoint));
}

/** The most events that a request to one of `endpointsOf` carries: what its batch allows, if its format has room for several. */
export function mostTogether(endpoint: EndpointOptions): number {
  if (!isWebhook(endpoint)) return 1;
  return Math.min(
    endpoint.batch?.maxEvents ?? 1,
    formatOf(endpoint.format ?? 'distribution.v1', endpoint).maxEvents,
  );
}
