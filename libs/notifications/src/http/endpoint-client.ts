import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import type { AttemptResult } from '../delivery/attempt.js';
import type { EncodedRequest } from '../event/format.js';
import type { EndpointSettings } from '../sinks/endpoint-settings.js';
import { answerText } from './answer-text.js';
import { EndpointAgents } from './endpoint-agents.js';
import { faultOf, unanswered } from './fault.js';
import { HeaderTemplate, type Numbering, type RequestHeaders } from './request-headers.js';

/** Makes the client of each endpoint. */
@Injectable()
export class EndpointClients {
  constructor(private readonly http: HttpService) {}

  create(settings: EndpointSettings): EndpointClient {
    return new EndpointClient(this.http, settings);
  }
}

/**
 * Posts to one endpoint, over connections of its own that are kept open. Redirects are not followed, so no header ever goes to another
 * host. It never throws, and what it returns holds no address, no header and no error text.
 */
export class EndpointClient {
  readonly #http: HttpService;
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #headers: HeaderTemplate;
  readonly #secrets: readonly string[];
  readonly #agents: EndpointAgents;
  readonly #underWay = new Set<AbortController>();
  #abandoned = false;

  constructor(http: HttpService, { url, headers, timeoutMs, concurrency, tls, userAgent }: EndpointSettings) {
    this.#http = http;
    this.#timeoutMs = timeoutMs;
    this.#headers = new HeaderTemplate(url, headers, userAgent);
    // Without the user information, which the headers carry: the client would let it replace a configured Authorization.
    const address = new URL(url);
    address.username = '';
    address.password = '';
    this.#url = address.href;
    this.#secrets = [...this.#headers.secrets, url.password, url.pathname + url.search].filter(
      (text) => text !== '/',
    );
    this.#agents = new EndpointAgents(concurrency, tls);
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
    this.#agents.close();
  }

  async #attempt(encoded: EncodedRequest, numbering: Numbering, signal: AbortSignal): Promise<AttemptResult> {
    const headers = this.#headers.headersFor(encoded, numbering);
    const body = Buffer.from(encoded.body);
    try {
      return await this.#answer(await this.#request(headers, body, signal));
    } catch (error) {
      if (this.#abandoned) return { kind: 'abandoned' };
      const fault = signal.aborted ? 'timeout' : faultOf(error);
      return unanswered(error, fault, (socket) => this.#agents.wasMade(socket));
    }
  }

  #request(headers: RequestHeaders, data: Buffer, signal: AbortSignal): Promise<AxiosResponse<Readable>> {
    return this.#http.axiosRef.request<Readable>({
      httpAgent: this.#agents.httpAgent,
      httpsAgent: this.#agents.httpsAgent,
      method: 'POST',
      url: this.#url,
      headers: headers as Record<string, string | string[]>,
      data,
      signal,
      responseType: 'stream',
      // Bytes go out as they are, and any status is an answer.
      transformRequest: [],
      validateStatus: () => true,
      maxRedirects: 0,
      decompress: false,
      proxy: false,
    });
  }

  async #answer({ status, headers, data }: AxiosResponse<Readable>): Promise<AttemptResult> {
    const retryAfter: unknown = headers['retry-after'];
    return {
      kind: 'answered',
      status,
      text: await answerText(data, this.#secrets),
      ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
    };
  }
}
