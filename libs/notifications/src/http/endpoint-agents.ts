import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { EndpointTlsOptions } from '../notifications.options.js';

/** How long in ms a connection that nobody uses is kept. */
const IDLE_CONNECTION_MS = 60_000;

/** The connections of one endpoint: kept open, at most as many as requests may be in flight, shared with no other endpoint. */
export class EndpointAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  readonly #made = new WeakSet<object>();

  constructor(concurrency: number, tls: EndpointTlsOptions | undefined) {
    const options: AgentOptions = {
      keepAlive: true,
      maxSockets: concurrency,
      maxFreeSockets: concurrency,
      timeout: IDLE_CONNECTION_MS,
    };
    const ca = tls?.ca;
    this.httpAgent = new HttpAgent(options);
    this.httpsAgent = new HttpsAgent({
      ...options,
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    });
    this.#watch(this.httpAgent, 'connect');
    this.#watch(this.httpsAgent, 'secureConnect');
  }

  /** True when the connection was made (with TLS: the handshake finished), so that a request can have gone out over it. */
  wasMade(socket: object): boolean {
    return this.#made.has(socket);
  }

  close(): void {
    this.httpAgent.destroy();
    this.httpsAgent.destroy();
  }

  /** A socket cannot tell afterwards whether it was ever connected, so it is noted when it is. */
  #watch(agent: HttpAgent, made: 'connect' | 'secureConnect'): void {
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (...args): Duplex | null | undefined => {
      const socket = create(...args);
      socket?.once(made, () => this.#made.add(socket));
      return socket;
    };
  }
}
