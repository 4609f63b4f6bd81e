import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebhookSettings } from '../sinks/endpoint-settings.js';
import { AddressRefusedError } from './addresses/address-refused.error.js';
import { checkedLookup } from './addresses/checked-lookup.js';
import type { HostResolver } from './addresses/host-resolver.js';
import { DirectDialer, placeOf, type Dialer } from './dialer.js';
import { ForwardDialer, NoDialer, TunnelDialer } from './proxy/proxy-dialers.js';
import type { Proxy } from './proxy/proxy.js';
import type { TlsFiles } from './tls-files.js';
import type { TlsMaterial } from './tls-material.js';

/** What of an endpoint's settings decides how connections to it are made. */
export type ConnectionSettings = Pick<WebhookSettings, 'url' | 'tls' | 'addresses' | 'http' | 'userAgent'>;

/**
 * How connections to one endpoint are made, directly or by a proxy. None is made to an address that the endpoint (of a proxy: the proxy)
 * may not be reached at, and none is used any more when the certificates it was made with were replaced.
 */
export class EndpointAgents {
  readonly #guarded: AgentOptions;
  #material: TlsMaterial | undefined;
  #dialer: Dialer | undefined;

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly tlsFiles: TlsFiles,
    resolver: HostResolver,
  ) {
    this.#guarded = { keepAlive: true, lookup: checkedLookup(resolver, settings.addresses) };
    if (settings.url.protocol === 'http:') this.#dialer = this.#plainDialer();
  }

  /**
   * Makes the next connection: the same one for as long as nothing changed. `undefined` when the certificates it needs cannot be read:
   * without them nothing is sent.
   */
  get dialer(): Dialer | undefined {
    if (this.settings.url.protocol === 'http:') return this.#dialer;
    const material = this.tlsFiles.current;
    if (material === undefined || material !== this.#material) {
      this.#material = material;
      this.#dialer = material && this.#secureDialer(material);
    }
    return this.#dialer;
  }

  #plainDialer(): Dialer {
    const { url, http } = this.settings;
    const { proxy } = http;
    if (proxy === undefined) return new DirectDialer(url.origin, this.#guardedAgent(), placeOf(url));
    return 'unusable' in proxy ? new NoDialer(url.origin) : new ForwardDialer(proxy, this.#proxyAgent(proxy));
  }

  #secureDialer(material: TlsMaterial): Dialer {
    const { url, http, userAgent } = this.settings;
    const { proxy } = http;
    const place = placeOf(url);
    if (proxy === undefined) {
      const agent = this.#guard(new HttpsAgent({ ...this.#guarded, ...this.#tlsOptions(material) }));
      return new DirectDialer(url.origin, agent, place);
    }
    if ('unusable' in proxy) return new NoDialer(url.origin);
    // It connects to nothing: the proxy looks the name up, and knows where it may go.
    const agent = new HttpsAgent(this.#tlsOptions(material));
    return new TunnelDialer(url.origin, place, proxy, {
      proxyAgent: this.#proxyAgent(proxy),
      agent,
      userAgent,
    });
  }

  #tlsOptions({ ca, ...pair }: TlsMaterial) {
    const { minVersion, serverName } = this.settings.tls ?? {};
    return {
      ...pair,
      ...(ca && { ca: [...ca] }),
      ...(minVersion && { minVersion }),
      ...(serverName && { servername: serverName }),
    };
  }

  #proxyAgent({ url }: Proxy): HttpAgent {
    return url.protocol === 'https:' ? this.#guard(new HttpsAgent(this.#guarded)) : this.#guardedAgent();
  }

  #guardedAgent(): HttpAgent {
    return this.#guard(new HttpAgent(this.#guarded));
  }

  /** Node looks no literal address up, so that it is checked here: what may not be connected to is a socket that fails. */
  #guard<Guarded extends HttpAgent>(agent: Guarded): Guarded {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback): Duplex | null | undefined => {
      const host = options.host ?? '';
      const refused = isIP(host) !== 0 && !this.settings.addresses.allows(host);
      return refused ? new Socket().destroy(new AddressRefusedError()) : create(options, callback);
    };
    return agent;
  }
}
