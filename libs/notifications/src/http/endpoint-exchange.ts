import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import type { Answer, AttemptResult, Unanswered } from '../delivery/attempt.js';
import type { WebhookSettings } from '../sinks/endpoint-settings.js';
import type { ReadAnswer } from './answer-reader.js';
import type { AnswerCensor } from './answer-text.js';
import type { EndpointAgents } from './endpoint-agents.js';
import { EndpointConnection } from './endpoint-connection.js';
import { faultOf, timeoutFault, unanswered } from './fault.js';
import type { RequestHeaders } from './request-headers.js';

/** What goes out over the wire. */
export interface OutgoingRequest {
  readonly method: 'POST' | 'OPTIONS';
  readonly headers: RequestHeaders;
  readonly body?: Buffer;
}

type AnswerBody = Pick<ReadAnswer, 'body' | 'cut'>;

/** How it ended, with the headers of the answer in lower case, if there was one. */
export interface Exchanged {
  readonly result: AttemptResult;
  readonly headers: Readonly<Record<string, unknown>>;
}

const PROXY_AUTHENTICATION_REQUIRED = 407;

const REFUSED_BY_PROXY: Unanswered = {
  kind: 'unanswered',
  fault: 'proxy',
  proxy: 'authentication',
  sent: false,
  stale: false,
};

/**
 * Requests to one endpoint and their answers, over connections that are kept open and that no other endpoint uses. It never throws, and
 * what it returns holds no address, no header of the request and no error text.
 */
export class EndpointExchange {
  readonly #target: string;
  readonly #proxyHeaders: Readonly<Record<string, string>>;
  readonly #forwarded: boolean;
  /** Connections that no request uses. */
  readonly #idle: EndpointConnection[] = [];
  readonly #underWay = new Set<AbortController>();
  #abandoned = false;

  constructor(
    private readonly http: HttpService,
    private readonly settings: Pick<WebhookSettings, 'url' | 'timeoutMs' | 'http'>,
    private readonly agents: EndpointAgents,
    private readonly censor: AnswerCensor,
  ) {
    const { url } = settings;
    const { proxy } = settings.http;
    const path = url.pathname + url.search;
    this.#forwarded = proxy !== undefined && url.protocol === 'http:';
    // A proxy that forwards is told the whole URL (RFC 9112 §3.2.2), without the user information, which is in the headers.
    this.#target = this.#forwarded ? url.origin + path : path;
    const authorization = proxy !== undefined && 'url' in proxy ? proxy.authorization : undefined;
    this.#proxyHeaders = this.#forwarded
      ? { Host: url.host, ...(authorization !== undefined && { 'Proxy-Authorization': authorization }) }
      : {};
  }

  /** Sends one request. One deadline lies over connecting, the answer's headers and its body. */
  async send(request: OutgoingRequest): Promise<Exchanged> {
    if (this.#abandoned) return { result: { kind: 'abandoned' }, headers: {} };
    const controller = new AbortController();
    const deadline = setTimeout(() => controller.abort(), this.settings.timeoutMs);
    this.#underWay.add(controller);
    try {
      return await this.#attempt(request, controller.signal);
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
  }

  async #attempt(request: OutgoingRequest, signal: AbortSignal): Promise<Exchanged> {
    const connection = this.#connection();
    if (connection === undefined) {
      return { result: { kind: 'unanswered', fault: 'tls', sent: false, stale: false }, headers: {} };
    }
    try {
      const response = await this.#request(connection, request, signal);
      return { result: this.#answer(response), headers: response.headers };
    } catch (error) {
      if (this.#abandoned) return { result: { kind: 'abandoned' }, headers: {} };
      const { trace } = connection;
      const fault = signal.aborted || trace.overdue ? timeoutFault(trace) : faultOf(error);
      return { result: unanswered(error, fault, trace), headers: {} };
    } finally {
      if (this.#abandoned) connection.close();
      else if (!connection.closed) this.#idle.push(connection);
    }
  }

  /** A connection that no request uses; undefined when none can be made, for want of certificates. */
  #connection(): EndpointConnection | undefined {
    const { dialer } = this.agents;
    if (dialer === undefined) return undefined;
    // The one that was used last, so that those end that are not needed any more; and none that was made as in the past.
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.dialer === dialer) return idle;
      idle.close();
    }
    return new EndpointConnection(dialer, this.settings.http.limits);
  }

  #request(
    connection: EndpointConnection,
    { method, headers, body }: OutgoingRequest,
    deadline: AbortSignal,
  ): Promise<AxiosResponse<AnswerBody>> {
    return this.http.axiosRef.request<AnswerBody>({
      adapter: connection.adapter(deadline),
      method,
      url: this.#target,
      headers: { ...headers, ...this.#proxyHeaders } as Record<string, string | string[]>,
      data: body,
      // Bytes go out as they are, and any status is an answer.
      transformRequest: [],
      validateStatus: () => true,
    });
  }

  #answer({ status, headers, data }: AxiosResponse<AnswerBody>): Answer | Unanswered {
    if (this.#forwarded && status === PROXY_AUTHENTICATION_REQUIRED) return REFUSED_BY_PROXY;
    // Of several lines the first: the header has one value.
    const [retryAfter] = [headers['retry-after'] as unknown].flat();
    return {
      kind: 'answered',
      status,
      text: this.censor.textOf(data.body, data.cut !== undefined),
      ...(data.cut !== undefined && { cut: data.cut }),
      ...(typeof retryAfter === 'string' && { retryAfter }),
    };
  }
}
