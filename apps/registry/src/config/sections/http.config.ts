import {
  addressRange,
  baseUrl,
  duration,
  flag,
  headers,
  listenAddress,
  listOf,
  network,
  pagePath,
  pathPrefix,
  secretText,
} from '../schema/kinds.js';
import { Key, Refused, Section } from '../schema/section-schema.js';
import { LOOPBACK_RANGES } from '../values/address-range.js';

const ONLY_HTTP_1 =
  'Herald speaks HTTP/1.1 alone, with or without it; remove it, or speak HTTP/2 in a proxy before Herald';

const TLS_KEYS = [
  'certificate',
  'key',
  'clientcas',
  'clientauth',
  'minimumtls',
  'ciphersuites',
  'letsencrypt',
];

export class PrometheusConfig {
  /** Herald's default is on: who asks for a debug address wants to see something there. */
  @Key(flag())
  enabled = true;

  @Key(pagePath())
  path = '/metrics';
}

export class DebugConfig {
  @Key(listenAddress())
  addr?: string;

  @Section(() => PrometheusConfig)
  prometheus = new PrometheusConfig();
}

/** `http`: where and how the registry answers. */
export class HttpConfig {
  @Key(listenAddress())
  addr = ':5000';

  @Key(network())
  net = 'tcp';

  @Key(baseUrl())
  host?: string;

  @Key(flag())
  relativeurls = false;

  @Key(pathPrefix())
  prefix = '';

  @Key(secretText('a text that all instances behind one address share'))
  secret?: string;

  @Key(duration())
  draintimeout: string | number = '25s';

  /** Herald's own: the proxies whose `Forwarded` and `X-Forwarded-*` are believed. */
  @Key(listOf(addressRange(), 'IP addresses and ranges'))
  trustedproxies: string[] = [...LOOPBACK_RANGES];

  /** Added to answers. */
  @Key(headers())
  headers: Record<string, string[]> = {};

  @Section(() => DebugConfig)
  debug?: DebugConfig;

  @Refused(
    'clients and credentials would travel in clear; terminate TLS in a proxy before Herald and remove the section',
    {
      keys: TLS_KEYS,
    },
  )
  tls?: unknown;

  @Refused(ONLY_HTTP_1, { keys: ['disabled'] })
  http2?: unknown;

  @Refused(ONLY_HTTP_1, { keys: ['enabled'] })
  h2c?: unknown;
}
