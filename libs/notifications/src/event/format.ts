import type { FormatName, WebhookOptions } from '../notifications.options.js';
import { CloudEventsFormat } from './cloudevents.js';
import { DistributionFormat } from './distribution.js';
import type { Format } from './encoding.js';

export type { EncodeContext, EncodedRequest, Format } from './encoding.js';

/** What of an endpoint's settings shapes its requests. */
export type FormatOptions = Pick<WebhookOptions, 'cloudevents' | 'layout'>;

/** The format of that name, shaped by the endpoint's settings. */
export function formatOf(name: FormatName, options: FormatOptions = {}): Format {
  return name === 'cloudevents'
    ? new CloudEventsFormat(options.cloudevents)
    : new DistributionFormat(name, options.layout);
}
