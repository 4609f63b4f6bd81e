import { resolve } from 'node:path';
import type { EndpointOptions, WebhookOptions } from './notifications.options.js';

export const ENDPOINT_TYPES = ['webhook', 'file', 'stdout', 'emitter', 'custom'] as const;

type EndpointType = (typeof ENDPOINT_TYPES)[number];

/** The keys that not every type has, by the types that have them. */
const KEYS: Readonly<Record<EndpointType, readonly string[]>> = {
  webhook: keys(
    'url headers redirects layout tls signing addresses timeoutMs timeouts compression proxy handshake format cloudevents batch',
  ),
  file: keys('path fsync maxLineBytes format cloudevents batch'),
  stdout: keys('maxLineBytes format cloudevents batch'),
  emitter: keys('timeoutMs'),
  custom: keys('transport timeoutMs batch'),
};

const REQUIRED: Readonly<Partial<Record<EndpointType, string>>> = { file: 'path', custom: 'transport' };

const PARTICULAR: ReadonlySet<string> = new Set(Object.values(KEYS).flat());

function keys(names: string): readonly string[] {
  return names.split(' ');
}

/** Whether events go there over HTTP: what no type is given for does. */
export function isWebhook(options: EndpointOptions): options is WebhookOptions {
  return (options.type ?? 'webhook') === 'webhook';
}

/** What of an endpoint's options its type lacks, or has no use for, by key. */
export function typeFaults(
  options: EndpointOptions,
): readonly { readonly path: string; readonly reason: string }[] {
  const type = options.type ?? 'webhook';
  const given = Object.entries(options).flatMap(([key, value]: [string, unknown]) =>
    value === undefined ? [] : [key],
  );
  const lacking = REQUIRED[type];
  return [
    ...(lacking !== undefined && !given.includes(lacking)
      ? [{ path: lacking, reason: `an endpoint of the type ${type} needs it` }]
      : []),
    ...given
      .filter((key) => PARTICULAR.has(key) && !KEYS[type].includes(key))
      .map((path) => ({ path, reason: `an endpoint of the type ${type} has no use for it` })),
  ];
}

/** Options that are judged here need not be what they should be. */
function pathOf(options: EndpointOptions): string | undefined {
  const path: unknown = options.type === 'file' ? options.path : undefined;
  return typeof path === 'string' ? resolve(path) : undefined;
}

/** Endpoints that would write to one file, and into each other's lines. */
export function sharedFiles(endpoints: readonly EndpointOptions[]): readonly number[] {
  const paths = endpoints.map((options) => pathOf(options));
  return paths.flatMap((path, index) => (path !== undefined && paths.indexOf(path) < index ? [index] : []));
}
