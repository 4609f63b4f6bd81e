import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebhookSettings } from '../sinks/endpoint-settings.js';
import type { AddressGuard } from './addresses/address-guard.js';
import { AddressRefusedError } from './addresses/address-refused.error.js';
import { checkedLookup } from './addresses/checked-lookup.js';
import type { HostResolver } from './addresses/host-resolver.js';
import type { TlsFiles } from './tls-files.js';
import type { TlsMaterial } from './tls-material.js';

/** How long in ms a connection that nobody uses is kept. */
const IDLE_CONNECTION_MS = 60_000;

/**
 * The connections of one endpoint: kept open, at most as many as requests may be in flight, shared with no other endpoint. None is made
 * to an address that the endpoint may not be reached at, and none is used any more when the certificates it was made with were replaced.
 */
export class EndpointAgents {
  readonly httpAgent: HttpAgent;
  readonly #options: AgentOptions;
  readonly #guard: AddressGuard;
  #httpsAgent: HttpsAgent | undefined;
  #material: TlsMaterial | undefined;

  constructor(
    private readonly settings: Pick<WebhookSettings, 'concurrency' | 'tls' | 'addresses'>,
    private readonly tlsFiles: TlsFiles,
    resolver: HostResolver,
  ) {
    const { concurrency, addresses } = settings;
    this.#guard = addresses;
    this.#options = {
      keepAlive: true,
      maxSockets: concurrency,
      maxFreeSockets: concurrency,
      timeout: IDLE_CONNECTION_MS,
      lookup: checkedLookup(resolver, addresses),
    };
    this.httpAgent = new HttpAgent(this.#options);
    this.#guardLiterals(this.httpAgent);
  }

  /** `undefined` when the certificates it needs cannot be read: without them nothing is sent. */
  get httpsAgent(): HttpsAgent | undefined {
    const material = this.tlsFiles.current;
    if (material === undefined || material !== this.#material) {
      this.#material = material;
      this.#httpsAgent = material && this.#secureAgent(material);
    }
    return this.#httpsAgent;
  }

  close(): void {
    this.httpAgent.destroy();
    this.#httpsAgent?.destroy();
  }

  #secureAgent({ ca, ...pair }: TlsMaterial): HttpsAgent {
    const { minVersion, serverName } = this.settings.tls ?? {};
    const agent = new HttpsAgent({
      ...this.#options,
      ...pair,
      ...(ca && { ca: [...ca] }),
      ...(minVersion && { minVersion }),
      ...(serverName && { servername: serverName }),
    });
    this.#guardLiterals(agent);
    return agent;
  }

  /** Node looks no literal address up, so that it is checked here: what may not be connected to is a socket that fails. */
  #guardLiterals(agent: HttpAgent): void {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback): Duplex | null | undefined => {
      const host = options.host ?? '';
      const refused = isIP(host) !== 0 && !this.#guard.allows(host);
      return refused ? new Socket().destroy(new AddressRefusedError()) : create(options, callback);
    };
  }
}
