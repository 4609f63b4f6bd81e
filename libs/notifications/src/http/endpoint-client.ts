import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import type { AttemptResult } from '../delivery/attempt.js';
import { Clock } from '../delivery/clock.js';
import type { EncodedRequest } from '../event/format.js';
import { RequestSigner } from '../signing/request-signer.js';
import type { WebhookSettings } from '../sinks/endpoint-settings.js';
import { HostResolver } from './addresses/host-resolver.js';
import { answerText } from './answer-text.js';
import { EndpointConnection, type StageLimits } from './endpoint-connection.js';
import { EndpointAgents } from './endpoint-agents.js';
import { faultOf, timeoutFault, unanswered } from './fault.js';
import { HeaderTemplate, type Numbering, type RequestHeaders } from './request-headers.js';
import { TlsFiles } from './tls-files.js';

/** What a client works with. */
export interface ClientTools {
  readonly http: HttpService;
  readonly clock: Clock;
  readonly resolver: HostResolver;
}

/** Makes the client of each endpoint. */
@Injectable()
export class EndpointClients {
  readonly #logger = new Logger('EndpointClient');

  constructor(
    private readonly http: HttpService,
    private readonly clock: Clock,
    private readonly resolver: HostResolver,
  ) {}

  create(settings: WebhookSettings): EndpointClient {
    const { http, clock, resolver } = this;
    const tlsFiles = new TlsFiles(settings.tls ?? {}, clock, (faults) => {
      const what = faults.map(({ setting, reason }) => `tls.${setting} ${reason}`).join('; ');
      this.#logger.warn(
        `endpoint ${settings.name}: its TLS files cannot be used, and what was read of them before stays: ${what}`,
      );
    });
    return new EndpointClient({ http, clock, resolver }, settings, tlsFiles);
  }
}

/**
 * Posts to one endpoint, over connections of its own that are kept open. Redirects are not followed, so no header ever goes to another
 * host. It never throws, and what it returns holds no address, no header and no error text.
 */
export class EndpointClient {
  readonly #http: HttpService;
  readonly #signer: RequestSigner;
  readonly #url: URL;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #limits: StageLimits;
  readonly #headers: HeaderTemplate;
  readonly #secrets: readonly string[];
  readonly #agents: EndpointAgents;
  /** Connections that no request uses. */
  readonly #idle: EndpointConnection[] = [];
  readonly #underWay = new Set<AbortController>();
  #abandoned = false;

  constructor({ http, clock, resolver }: ClientTools, settings: WebhookSettings, tlsFiles: TlsFiles) {
    const { url, headers, timeoutMs, userAgent } = settings;
    this.#http = http;
    this.#signer = new RequestSigner(settings.signingKeys, clock);
    this.#timeoutMs = timeoutMs;
    this.#limits = settings.http.limits;
    this.#headers = new HeaderTemplate(url, headers, userAgent);
    // Without the user information, which the headers carry: the client would let it replace a configured Authorization.
    this.#url = new URL(url);
    this.#url.username = '';
    this.#url.password = '';
    this.#path = this.#url.pathname + this.#url.search;
    const ofUrl = [url.password, url.pathname + url.search].filter((text) => text !== '/');
    this.#secrets = [...this.#headers.secrets, ...ofUrl, ...this.#signer.secrets];
    this.#agents = new EndpointAgents(settings, tlsFiles, resolver);
  }

  /** Sends one request. One deadline lies over connecting, the answer's headers and its body. */
  async post(encoded: EncodedRequest, numbering: Numbering): Promise<AttemptResult> {
    if (this.#abandoned) return { kind: 'abandoned' };
    const controller = new AbortController();
    const deadline = setTimeout(() => controller.abort(), this.#timeoutMs);
    this.#underWay.add(controller);
    try {
      return await this.#attempt(encoded, numbering, controller.signal);
    } finally {
      clearTimeout(deadline);
      this.#underWay.delete(controller);
    }
  }

  /** Ends every request under way as `abandoned`, and closes the connections. */
  close(): void {
    this.#abandoned = true;
    for (const controller of this.#underWay) controller.abort();
    for (const connection of this.#idle.splice(0)) connection.close();
    this.#agents.close();
  }

  async #attempt(encoded: EncodedRequest, numbering: Numbering, signal: AbortSignal): Promise<AttemptResult> {
    const body = Buffer.from(encoded.body);
    const headers = {
      ...this.#headers.headersFor(encoded, numbering),
      ...this.#signer.headersFor(numbering.eventIds, body),
    };
    const connection = this.#connection();
    if (connection === undefined) return { kind: 'unanswered', fault: 'tls', sent: false, stale: false };
    try {
      return await this.#answer(await this.#request(connection, headers, body, signal), signal);
    } catch (error) {
      if (this.#abandoned) return { kind: 'abandoned' };
      const { trace } = connection;
      const fault = signal.aborted || trace.overdue ? timeoutFault(trace) : faultOf(error);
      return unanswered(error, fault, trace);
    } finally {
      if (this.#abandoned) connection.close();
      else if (!connection.closed) this.#idle.push(connection);
    }
  }

  /** A connection that no request uses; undefined when none can be made, for want of certificates. */
  #connection(): EndpointConnection | undefined {
    const { httpAgent, httpsAgent } = this.#agents;
    const agent = this.#url.protocol === 'https:' ? httpsAgent : httpAgent;
    if (agent === undefined) return undefined;
    // The one that was used last, so that those end that are not needed any more; and none that was made by an agent of the past.
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.agent === agent) return idle;
      idle.close();
    }
    return new EndpointConnection(this.#url, agent, this.#limits);
  }

  #request(
    { adapter }: EndpointConnection,
    headers: RequestHeaders,
    data: Buffer,
    signal: AbortSignal,
  ): Promise<AxiosResponse<Readable>> {
    return this.#http.axiosRef.request<Readable>({
      adapter,
      method: 'POST',
      url: this.#path,
      headers: headers as Record<string, string | string[]>,
      data,
      signal,
      responseType: 'stream',
      // Bytes go out as they are, and any status is an answer.
      transformRequest: [],
      validateStatus: () => true,
    });
  }

  async #answer(
    { status, headers, data }: AxiosResponse<Readable>,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const retryAfter: unknown = headers['retry-after'];
    return {
      kind: 'answered',
      status,
      ...(await answerText(data, this.#secrets, signal)),
      ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
    };
  }
}
