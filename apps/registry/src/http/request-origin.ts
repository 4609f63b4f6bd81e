import { Inject, Injectable, Logger } from '@nestjs/common';
import { EventOrigin, type Origin } from '@herald/notifications/registry';
import { type RegistryConfig } from '../config/registry-config.js';
import { REGISTRY_CONFIG } from '../config/registry-config.token.js';
import { isForwarded, readForwarded, type Forwarded } from './forwarded.js';
import { RequestContexts, type RequestContext } from './request-context.js';
import { plainAddress, TrustedProxies } from './trusted-proxies.js';

const NOTHING: Forwarded = { addresses: [] };

/**
 * Tells events who asked and where the registry can be reached. What a proxy says is believed only of proxies that are trusted: anybody
 * can send `X-Forwarded-For`. With `notifications.compatibility: distribution` it is believed of everybody, and so is a Basic name, as
 * upstream does.
 */
@Injectable()
export class RequestOrigin extends EventOrigin {
  readonly #logger = new Logger('Proxies');
  readonly #proxies: TrustedProxies;
  readonly #believesAll: boolean;
  #warned = false;

  constructor(
    private readonly contexts: RequestContexts,
    @Inject(REGISTRY_CONFIG) private readonly config: RegistryConfig,
  ) {
    super();
    this.#proxies = new TrustedProxies(config.http.trustedProxies);
    this.#believesAll = config.notifications.compatibility === 'distribution';
  }

  override current(): Origin {
    const context = this.contexts.current();
    const { raw } = context;
    const forwarded = this.#forwarded(context);
    return {
      request: {
        id: context.id,
        ...addressOf(this.#address(context, forwarded)),
        ...(raw.headers.host !== undefined && { host: raw.headers.host }),
        method: raw.method ?? '',
        useragent: raw.headers['user-agent'] ?? '',
      },
      actor: this.#believesAll ? basicName(raw.headers.authorization) : {},
      urlBase: this.#urlBase(context, forwarded),
    };
  }

  #forwarded({ raw }: RequestContext): Forwarded {
    if (!isForwarded(raw.headers)) return NOTHING;
    const peer = plainAddress(raw.socket.remoteAddress ?? '');
    if (this.#believesAll || this.#proxies.trusts(peer)) return readForwarded(raw.headers);
    if (!this.#warned) {
      this.#warned = true;
      this.#logger.warn(
        `${peer} sends Forwarded or X-Forwarded-* headers and is not a trusted proxy: they are ignored. If it is yours, add it to http.trustedproxies`,
      );
    }
    return NOTHING;
  }

  /** The last address that no trusted proxy vouches for: those before it are the client's own invention. */
  #address({ raw }: RequestContext, { addresses }: Forwarded): string {
    if (addresses.length > 0) {
      const client = this.#believesAll
        ? addresses[0]
        : (addresses.findLast((address) => !this.#proxies.trusts(address)) ?? addresses[0]);
      return client ?? '';
    }
    const ip = plainAddress(raw.socket.remoteAddress ?? '');
    // A socket in the file system has no addresses.
    if (ip === '') return '';
    return `${ip.includes(':') ? `[${ip}]` : ip}:${raw.socket.remotePort ?? 0}`;
  }

  #urlBase({ raw }: RequestContext, { scheme = 'http', host }: Forwarded): string {
    const { http } = this.config;
    if (this.#believesAll && http.relativeUrls) return '';
    if (http.host !== undefined) return publicBase(http.host, http.prefix);
    const authority = host ?? raw.headers.host ?? '';
    return authority === '' ? http.prefix : `${scheme}://${authority}${http.prefix}`;
  }
}

function addressOf(addr: string): { addr?: string } {
  return addr === '' ? {} : { addr };
}

/** The public address with the prefix, unless it names it already. */
export function publicBase(host: string, prefix: string): string {
  const base = host.replace(/\/+$/, '');
  return prefix !== '' && base.endsWith(prefix) ? base : base + prefix;
}

function basicName(authorization: string | undefined): { name?: string } {
  const [, encoded] = /^Basic ([a-zA-Z0-9+/=]{1,4096})$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return {};
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const name = decoded.slice(0, Math.max(0, decoded.indexOf(':')));
  return name === '' ? {} : { name };
}
