import type { EndpointOptions, EventSelection, WebhookOptions } from '@herald/notifications';

import type { EndpointConfig } from './sections/endpoint.config.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import type { SelectionConfig } from './sections/selection.config.js';
import { compileDeliveryHttp } from './compile-delivery-http.js';
import { compileBacklog } from './compile-backlog.js';
import { compileTrust } from './compile-trust.js';
import { parseByteSize } from './values/byte-size.js';
import { durationMs } from './values/duration.js';
import { parseRate } from './values/rate.js';
import { parseRetrySchedule } from './values/retry-schedule.js';

/** Turns an endpoint of the file into what the notifications library takes. */
export function compileEndpoint(endpoint: EndpointConfig, file: RegistryFile): EndpointOptions {
  const { type, path = '', fsync } = endpoint;
  switch (type) {
    case 'file':
      return { type, path, ...compileLines(endpoint), ...withoutAbsent({ fsync }) };
    case 'stdout':
      return { type, ...compileLines(endpoint) };
    default:
      return compileWebhook(endpoint, file);
  }
}

function compileWebhook(endpoint: EndpointConfig, file: RegistryFile): WebhookOptions {
  return {
    ...compileDelivery(endpoint),
    url: endpoint.url ?? '',
    headers: structuredClone(endpoint.headers),
    timeoutMs: durationMs(endpoint.timeout),
    ...compileTrust(endpoint),
    ...compileDeliveryHttp(endpoint, file),
  };
}

function compileLines({ maxline, ...endpoint }: EndpointConfig) {
  return {
    ...compileDelivery(endpoint),
    ...withoutAbsent({ maxLineBytes: maxline === undefined ? undefined : parseByteSize(maxline) }),
  };
}

/** What endpoints of all types have. */
function compileDelivery(endpoint: Omit<EndpointConfig, 'maxline'>) {
  const rate = parseRate(endpoint.rate ?? '');
  const schedule = parseRetrySchedule(endpoint.schedule ?? '');
  const { ordering, from } = endpoint;
  const { batch, ignore, ignoredmediatypes, cloudevents } = endpoint;
  return {
    name: endpoint.name,
    disabled: endpoint.disabled,
    threshold: endpoint.threshold,
    backoffMs: durationMs(endpoint.backoff),
    maxBackoffMs: Math.max(durationMs(endpoint.backoff), durationMs(endpoint.maxbackoff)),
    maxAgeMs: durationMs(endpoint.maxage),
    concurrency: endpoint.concurrency,
    maxAttempts: endpoint.maxattempts,
    maxRetryAfterMs: durationMs(endpoint.maxretryafter),
    ...(schedule && { schedule }),
    ...(ordering && { ordering }),
    ...(from !== undefined && { from }),
    ...(rate && { rate }),
    batch: { maxEvents: batch.maxevents, maxBytes: parseByteSize(batch.maxbytes) ?? Number.NaN },
    format: endpoint.format,
    ignore: {
      mediaTypes: [...new Set([...ignore.mediatypes, ...ignoredmediatypes])],
      actions: [...new Set(ignore.actions)],
    },
    ...(endpoint.only && { only: compileSelections(endpoint.only) }),
    ...(endpoint.except && { except: compileSelections(endpoint.except) }),
    ...(cloudevents && {
      cloudevents: withoutAbsent({ mode: cloudevents.mode, source: cloudevents.source }),
    }),
    ...(endpoint.backlog && { backlog: compileBacklog(endpoint.backlog) }),
  };
}

/** A selection of the file in the library's names. */
export function compileSelection({ mediatypes, artifacttypes, ...lists }: SelectionConfig): EventSelection {
  return withoutAbsent({ ...lists, mediaTypes: mediatypes, artifactTypes: artifacttypes });
}

function compileSelections(
  selections: SelectionConfig | readonly SelectionConfig[],
): readonly EventSelection[] {
  const list: readonly SelectionConfig[] = Array.isArray(selections) ? selections : [selections];
  return list.map(compileSelection);
}

function withoutAbsent<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
