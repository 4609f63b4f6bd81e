import { createHash } from 'node:crypto';
import type { InjectionToken } from '@nestjs/common';
import { backlogBound, type BacklogBound } from '../backlog/backlog-bound.js';
import type { EnvelopeBounds } from '../delivery/envelope.js';
import { compileFilter, type Filter } from '../event/filter.js';
import { formatOf, type Format } from '../event/format.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { Beginning } from '../event-log/reconcile-endpoints.js';
import { AddressGuard } from '../http/addresses/address-guard.js';
import { httpSettings, type HttpSettings } from '../http/http-settings.js';
import type {
  AddressOptions,
  EndpointOptions,
  EndpointTlsOptions,
  FileOptions,
  RateOptions,
  StdoutOptions,
  WebhookOptions,
} from '../notifications.options.js';
import { parseSigningKey, type SigningKey } from '../signing/signing-key.js';

/** Settings that are taken as they are given, or else their defaults. */
type PlainSetting =
  | 'headers'
  | 'timeoutMs'
  | 'threshold'
  | 'backoffMs'
  | 'maxBackoffMs'
  | 'maxRetryAfterMs'
  | 'maxAttempts'
  | 'maxAgeMs'
  | 'concurrency'
  | 'schedule'
  | 'redirects'
  | 'ordering';

/** What every endpoint has: its options with every default in place, compiled. */
export interface DeliverySettings extends Required<Pick<WebhookOptions, PlainSetting>> {
  readonly name: string;
  /** Events that it may be sent; without it as many as it takes. */
  readonly rate: RateOptions | undefined;
  /** What may be shown of where it is: of a URL scheme and host, else the type. */
  readonly origin: string;
  /** Longest wait in ms that the schedule knows. */
  readonly longestWaitMs: number;
  /** What an event stays in order with. */
  readonly laneOf: (record: LogRecord) => string;
  /** What one request may carry at most: what is configured, and what the format can carry. */
  readonly envelope: EnvelopeBounds;
  /** Whether the endpoint is to be sent this event: its format carries it and its filter lets it through. */
  readonly wants: Filter;
  /** Whether its format can express an event, wanted or not. */
  readonly carries: Filter;
  /** Where it begins when its name is new. */
  readonly from: Beginning;
  /** A digest of what decides {@link wants}. */
  readonly selection: string;
  /** How much may wait for it. */
  readonly backlog: BacklogBound;
}

export interface WebhookSettings extends DeliverySettings {
  readonly type: 'webhook';
  readonly url: URL;
  readonly format: Format;
  readonly tls: EndpointTlsOptions | undefined;
  readonly signingKeys: readonly SigningKey[];
  /** Where connections may be made to. */
  readonly addresses: AddressGuard;
  readonly userAgent: string;
  readonly http: HttpSettings;
}

export interface FileSettings extends DeliverySettings {
  readonly type: 'file';
  readonly path: string;
  readonly fsync: 'always' | 'never';
  readonly format: Format;
  readonly maxLineBytes: number;
}

export interface StdoutSettings extends DeliverySettings {
  readonly type: 'stdout';
  readonly format: Format;
  readonly maxLineBytes: number;
}

export interface EmitterSettings extends DeliverySettings {
  readonly type: 'emitter';
}

export interface CustomSettings extends DeliverySettings {
  readonly type: 'custom';
  readonly transport: InjectionToken;
}

export type EndpointSettings =
  WebhookSettings | FileSettings | StdoutSettings | EmitterSettings | CustomSettings;

/** Upstream's defaults where upstream has the setting. */
const DEFAULTS = {
  headers: {},
  timeoutMs: 1_000,
  threshold: 10,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  maxRetryAfterMs: 3_600_000,
  maxAttempts: 5,
  maxAgeMs: 72 * 3_600_000,
  concurrency: 16,
  schedule: 'standard',
  redirects: 'fail',
  ordering: 'lane',
} as const satisfies Pick<WebhookOptions, PlainSetting>;

/** What a handler does is more than to note that it has got something. */
const IN_PROCESS_TIMEOUT_MS = 30_000;

const DEFAULT_BATCH = { maxEvents: 100, maxBytes: 64 * 1_024 } as const;

/** Lanes by what stays in order. No event's own lane is empty or begins with a control character, so none is met by accident. */
const LANES: Readonly<Record<NonNullable<EndpointOptions['ordering']>, EndpointSettings['laneOf']>> = {
  lane: ({ lane }) => lane,
  endpoint: () => '',
  none: ({ sequence }) => `\u0000${sequence}`,
};

/** What of a format decides which events are sent, and how many at once. */
type Carrier = Pick<Format, 'carries' | 'sizeOf' | 'maxEvents'>;

/** Records as they are: nothing that code in the process could not take. */
const RECORDS: Carrier = {
  carries: () => true,
  sizeOf: ({ data, detail }) =>
    Buffer.byteLength(data) + (detail === undefined ? 0 : Buffer.byteLength(detail)),
  maxEvents: Infinity,
};

/** A handler gets one event at a time, so that what one throws says nothing of another. */
const SINGLE_RECORDS: Carrier = { ...RECORDS, maxEvents: 1 };

const DEFAULT_MAX_LINE_BYTES = 2 * 1_024 * 1_024;

/**
 * @param addresses those that every endpoint may be reached at
 * @throws FilterError when `only` or `except` cannot be compiled
 * @throws SigningKeyError when a signing key is none
 */
export function endpointSettings(
  options: WebhookOptions,
  userAgent: string,
  addresses?: AddressOptions,
): WebhookSettings;
export function endpointSettings(
  options: EndpointOptions,
  userAgent: string,
  addresses?: AddressOptions,
): EndpointSettings;
export function endpointSettings(
  options: EndpointOptions,
  userAgent: string,
  addresses?: AddressOptions,
): EndpointSettings {
  switch (options.type) {
    case 'file': {
      const { path, fsync = 'always' } = options;
      return { type: 'file', path, fsync, ...lineSettings(options) };
    }
    case 'stdout':
      return { type: 'stdout', ...lineSettings(options) };
    case 'emitter':
      return { type: 'emitter', ...deliverySettings(options, SINGLE_RECORDS, 'emitter') };
    case 'custom': {
      const { transport } = options;
      return { type: 'custom', transport, ...deliverySettings(options, RECORDS, 'custom') };
    }
    default:
      return webhookSettings(options, userAgent, addresses);
  }
}

function webhookSettings(
  options: WebhookOptions,
  userAgent: string,
  addresses: AddressOptions | undefined,
): WebhookSettings {
  const url = new URL(options.url);
  const format = formatOf(options.format ?? 'distribution.v1', options);
  const delivery = deliverySettings(options, format, `${url.protocol}//${url.host}`);
  return {
    ...delivery,
    type: 'webhook',
    url,
    format,
    tls: options.tls,
    signingKeys: (options.signing?.keys ?? []).map(parseSigningKey),
    addresses: new AddressGuard(addresses, options.addresses),
    userAgent,
    http: httpSettings(options, url, delivery.timeoutMs),
  };
}

function lineSettings(
  options: FileOptions | StdoutOptions,
): DeliverySettings & { readonly format: Format; readonly maxLineBytes: number } {
  const { type, maxLineBytes = DEFAULT_MAX_LINE_BYTES } = options;
  const format = formatOf(options.format ?? 'distribution.v1', options);
  // Lines hold any number of events, whatever a request of the format does.
  const carrier: Carrier = {
    carries: (record) => format.carries(record),
    sizeOf: (record) => format.sizeOf(record),
    maxEvents: Infinity,
  };
  return { ...deliverySettings(options, carrier, type), format, maxLineBytes };
}

function deliverySettings(options: EndpointOptions, carrier: Carrier, origin: string): DeliverySettings {
  const plain = plainSettings(options);
  const { schedule, backoffMs, maxBackoffMs, ordering } = plain;
  const filter = compileFilter(options);
  return {
    ...plain,
    name: options.name,
    rate: options.rate,
    origin,
    longestWaitMs: Math.max(backoffMs, maxBackoffMs, ...(typeof schedule === 'string' ? [] : schedule)),
    laneOf: LANES[ordering],
    envelope: envelopeBounds(options, carrier),
    wants: (record) => carrier.carries(record) && filter(record),
    carries: (record) => carrier.carries(record),
    from: options.from ?? 'now',
    selection: selectionOf(options),
    backlog: backlogBound(options.backlog),
  };
}

function envelopeBounds(options: EndpointOptions, carrier: Carrier): EnvelopeBounds {
  const batch = options.type === 'emitter' ? undefined : options.batch;
  const { maxEvents = DEFAULT_BATCH.maxEvents, maxBytes = DEFAULT_BATCH.maxBytes } = batch ?? {};
  return {
    events: Math.min(maxEvents, carrier.maxEvents),
    bytes: maxBytes,
    sizeOf: (record) => carrier.sizeOf(record),
  };
}

function plainSettings(options: EndpointOptions): Required<Pick<WebhookOptions, PlainSetting>> {
  // A longer first wait than the longest wait by default was meant.
  const maxBackoffMs = Math.max(DEFAULTS.maxBackoffMs, options.backoffMs ?? 0);
  const inProcess = options.type === 'emitter' || options.type === 'custom';
  const timeoutMs = inProcess ? IN_PROCESS_TIMEOUT_MS : DEFAULTS.timeoutMs;
  const defaults = { ...DEFAULTS, maxBackoffMs, timeoutMs };
  const given = Object.entries(options).filter(([key, value]) => key in DEFAULTS && value !== undefined);
  return { ...defaults, ...(Object.fromEntries(given) as Pick<WebhookOptions, PlainSetting>) };
}

/** Changes exactly when an event could be judged otherwise. It has no order of keys and no secrets in it. */
function selectionOf(options: EndpointOptions): string {
  const { ignore, only, except } = options;
  const inProcess = options.type === 'emitter' || options.type === 'custom';
  const everyFamily = inProcess || options.format === 'cloudevents';
  const rules = JSON.stringify([everyFamily, ignore, only, except], (_key, value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(rules).digest('hex');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
