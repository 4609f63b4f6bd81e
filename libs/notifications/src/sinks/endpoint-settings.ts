import { createHash } from 'node:crypto';
import type { EnvelopeBounds } from '../delivery/envelope.js';
import { compileFilter, type Filter } from '../event/filter.js';
import { formatOf, type Format } from '../event/format.js';
import type { LogRecord } from '../event-log/log-record.js';
import { AddressGuard } from '../http/addresses/address-guard.js';
import { httpSettings, type HttpSettings } from '../http/http-settings.js';
import type {
  AddressOptions,
  EndpointOptions,
  EndpointTlsOptions,
  RateOptions,
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

/** An endpoint's options with every default in place, compiled. */
export interface EndpointSettings extends Required<Pick<EndpointOptions, PlainSetting>> {
  readonly name: string;
  readonly url: URL;
  /** Events that it may be sent; without it as many as it takes. */
  readonly rate: RateOptions | undefined;
  /** Scheme and host: all of the URL that may be shown. */
  readonly origin: string;
  /** Longest wait in ms that the schedule knows. */
  readonly longestWaitMs: number;
  /** What an event stays in order with. */
  readonly laneOf: (record: LogRecord) => string;
  readonly format: Format;
  /** What one request may carry at most: what is configured, and what the format can carry. */
  readonly envelope: EnvelopeBounds;
  /** Whether the endpoint is to be sent this event: its format carries it and its filter lets it through. */
  readonly wants: Filter;
  /** A digest of what decides {@link wants}. */
  readonly selection: string;
  readonly tls: EndpointTlsOptions | undefined;
  readonly signingKeys: readonly SigningKey[];
  /** Where connections may be made to. */
  readonly addresses: AddressGuard;
  readonly userAgent: string;
  readonly http: HttpSettings;
}

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
} as const satisfies Pick<EndpointOptions, PlainSetting>;

const DEFAULT_BATCH = { maxEvents: 100, maxBytes: 64 * 1_024 } as const;

/** Lanes by what stays in order. No event's own lane is empty or begins with a control character, so none is met by accident. */
const LANES: Readonly<Record<NonNullable<EndpointOptions['ordering']>, EndpointSettings['laneOf']>> = {
  lane: ({ lane }) => lane,
  endpoint: () => '',
  none: ({ sequence }) => `\u0000${sequence}`,
};

/**
 * @param addresses those that every endpoint may be reached at
 * @throws FilterError when `only` or `except` cannot be compiled
 * @throws SigningKeyError when a signing key is none
 */
export function endpointSettings(
  options: EndpointOptions,
  userAgent: string,
  addresses?: AddressOptions,
): EndpointSettings {
  const plain = plainSettings(options);
  const { schedule, backoffMs, maxBackoffMs, ordering } = plain;
  const url = new URL(options.url);
  const format = formatOf(options.format ?? 'distribution.v1', options);
  const filter = compileFilter(options);
  return {
    ...plain,
    name: options.name,
    url,
    rate: options.rate,
    origin: `${url.protocol}//${url.host}`,
    longestWaitMs: Math.max(backoffMs, maxBackoffMs, ...(typeof schedule === 'string' ? [] : schedule)),
    laneOf: LANES[ordering],
    format,
    envelope: envelopeBounds(options, format),
    wants: (record) => format.carries(record) && filter(record),
    selection: selectionOf(options, format),
    tls: options.tls,
    signingKeys: (options.signing?.keys ?? []).map(parseSigningKey),
    addresses: new AddressGuard(addresses, options.addresses),
    userAgent,
    http: httpSettings(options, plain.timeoutMs),
  };
}

function envelopeBounds({ batch }: EndpointOptions, format: Format): EnvelopeBounds {
  const { maxEvents = DEFAULT_BATCH.maxEvents, maxBytes = DEFAULT_BATCH.maxBytes } = batch ?? {};
  return {
    events: Math.min(maxEvents, format.maxEvents),
    bytes: maxBytes,
    sizeOf: (record) => format.sizeOf(record),
  };
}

function plainSettings(options: EndpointOptions): Required<Pick<EndpointOptions, PlainSetting>> {
  // A longer first wait than the longest wait by default was meant.
  const maxBackoffMs = Math.max(DEFAULTS.maxBackoffMs, options.backoffMs ?? 0);
  const defaults = { ...DEFAULTS, maxBackoffMs };
  const given = Object.entries(options).filter(([key, value]) => key in DEFAULTS && value !== undefined);
  return { ...defaults, ...(Object.fromEntries(given) as Pick<EndpointOptions, PlainSetting>) };
}

/** Changes exactly when an event could be judged otherwise. It has no order of keys and no secrets in it. */
function selectionOf({ ignore, only, except }: EndpointOptions, { name }: Format): string {
  const rules = JSON.stringify([name === 'cloudevents', ignore, only, except], (_key, value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(rules).digest('hex');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
