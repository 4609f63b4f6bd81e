import { Injectable, Logger } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import type { AttemptResult } from '../delivery/attempt.js';
import { Clock } from '../delivery/clock.js';
import type { EncodedRequest } from '../event/format.js';
import { RequestSigner } from '../signing/request-signer.js';
import type { WebhookSettings } from '../sinks/endpoint-settings.js';
import { HostResolver } from './addresses/host-resolver.js';
import { AnswerCensor } from './answer-text.js';
import { BodyCompression } from './body-compression.js';
import { EndpointAgents } from './endpoint-agents.js';
import { EndpointExchange, type Exchanged } from './endpoint-exchange.js';
import { headerSecrets, urlSecrets } from './endpoint-secrets.js';
import { Handshake, type Consent, type HandshakeState } from './handshake.js';
import { proxySecrets } from './proxy/proxy.js';
import { HeaderTemplate, type Numbering, type RequestHeaders } from './request-headers.js';
import { TlsFiles } from './tls-files.js';

/** Events as a request, with the body as text or as the bytes that go out. */
export type OutgoingEvents = Omit<EncodedRequest, 'body'> & { readonly body: string | Buffer };

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
    this.#tellProxy(settings);
    return new EndpointClient({ http, clock, resolver }, settings, tlsFiles);
  }

  /** Nobody should have to guess why an endpoint is reached by another way than its URL says. */
  #tellProxy({ name, http: { proxy } }: WebhookSettings): void {
    if (proxy === undefined) return;
    if ('unusable' in proxy) {
      this.#logger.error(
        `endpoint ${name}: nothing is sent, because ${proxy.unusable} is no http or https URL of a proxy; correct it, or set proxy: none`,
      );
      return;
    }
    const { url, variable } = proxy;
    const by = variable === undefined ? '' : `, which ${variable} names`;
    this.#logger.log(`endpoint ${name} is reached by the proxy ${url.origin}${by}`);
  }
}

/**
 * Posts events to one endpoint: signed, packed where that is wanted, and after the endpoint agreed where it is to be asked. Redirects are
 * not followed, so no header ever goes to another host. It never throws, and what it returns holds no address, no header and no error
 * text.
 */
export class EndpointClient {
  readonly #logger = new Logger('EndpointClient');
  readonly #signer: RequestSigner;
  readonly #headers: HeaderTemplate;
  readonly #exchange: EndpointExchange;
  readonly #compression: BodyCompression | undefined;
  readonly #handshake: Handshake | undefined;

  constructor(
    tools: ClientTools,
    private readonly settings: WebhookSettings,
    tlsFiles: TlsFiles,
  ) {
    const { url, headers, userAgent, signingKeys, http } = settings;
    this.#signer = new RequestSigner(signingKeys, tools.clock);
    this.#headers = new HeaderTemplate(url, headers, userAgent);
    const ofHeaders = [...this.#headers.secrets, ...proxySecrets(http.proxy)].flatMap(headerSecrets);
    const censor = new AnswerCensor([...urlSecrets(url), ...ofHeaders, ...this.#signer.secrets]);
    const agents = new EndpointAgents(settings, tlsFiles, tools.resolver);
    this.#exchange = new EndpointExchange(tools.http, settings, agents, censor);
    this.#compression = http.compression === 'gzip' ? new BodyCompression() : undefined;
    this.#handshake =
      http.handshake &&
      new Handshake(
        http.handshake,
        (extra) => this.#askConsent(extra),
        (state) => this.#tellConsent(state),
      );
  }

  /** Whether the endpoint agreed to be sent events; undefined when it is not asked. */
  get handshake(): HandshakeState | undefined {
    return this.#handshake?.state;
  }

  /** Sends one request. */
  async post(encoded: OutgoingEvents, numbering: Numbering): Promise<AttemptResult> {
    const obstacle = await this.#handshake?.obstacle();
    if (obstacle !== undefined) return obstacle;
    const body = typeof encoded.body === 'string' ? Buffer.from(encoded.body) : encoded.body;
    const headers = {
      ...this.#headers.headersFor(encoded, numbering),
      // Of the body as it is before it is packed: so receivers have it, whether or not something on the way unpacks it.
      ...this.#signer.headersFor(numbering.eventIds, body),
    };
    const { result } = await this.#send(headers, body);
    return result;
  }

  /** Ends every request under way as `abandoned`, and closes the connections. */
  close(): void {
    this.#exchange.close();
  }

  async #send(headers: RequestHeaders, body: Buffer): Promise<Exchanged> {
    const packed = await this.#compression?.packed(body);
    if (packed === undefined) return this.#exchange.send({ method: 'POST', headers, body });
    const exchanged = await this.#exchange.send({
      method: 'POST',
      headers: { ...headers, 'Content-Encoding': 'gzip' },
      body: packed,
    });
    const { result } = exchanged;
    if (result.kind !== 'answered' || result.status !== UNSUPPORTED_MEDIA_TYPE) return exchanged;
    if (this.#compression?.refuse() === true) {
      this.#logger.warn(
        `endpoint ${this.settings.name} answered 415 to a packed body: it is sent unpacked ones from now on`,
      );
    }
    return this.#exchange.send({ method: 'POST', headers, body });
  }

  #tellConsent(state: HandshakeState): void {
    const { name } = this.settings;
    if (state === 'granted') this.#logger.log(`endpoint ${name} agreed to be sent events`);
    else {
      this.#logger.warn(
        `endpoint ${name} has not agreed to be sent events: its events wait, and it is asked again (handshake)`,
      );
    }
  }

  async #askConsent(extra: Readonly<Record<string, string>>): Promise<Consent> {
    const headers = { ...this.#headers.headersOfQuestion(), ...extra };
    const { result, headers: answered } = await this.#exchange.send({ method: 'OPTIONS', headers });
    const allowed = answered['webhook-allowed-origin'];
    return { result, allowedOrigin: typeof allowed === 'string' ? allowed : undefined };
  }
}

const UNSUPPORTED_MEDIA_TYPE = 415;
