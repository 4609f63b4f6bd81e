import type { Socket } from 'node:net';
import { AxiosHeaders, type AxiosAdapter, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { Client } from 'undici';
import { AnswerReader } from './answer-reader.js';
import type { Dialer, Dialling } from './dialer.js';

/** How long in ms a connection that nobody uses is kept. */
const IDLE_CONNECTION_MS = 60_000;

/** What became of a request that got no answer. */
export interface RequestTrace {
  /** The connection was made (with TLS: the handshake finished), so that the request can have gone out over it. */
  readonly sent: boolean;
  /** The connection had been kept from an earlier request, and none was made for this one. */
  readonly reused: boolean;
  /** How far it came: the connection was being made (to a proxy at first), nothing of the answer was there, or its first bytes were. */
  readonly stage: 'proxy' | 'connecting' | 'waiting' | 'answering';
  /** It was given up because that stage took too long. */
  readonly overdue: boolean;
}

/** Times in ms that stages of a request may take, infinite for no limit. Whoever asks has the deadline for the whole of it. */
export interface StageLimits {
  /** To resolve the name, connect and finish the TLS handshake. */
  readonly connectMs: number;
  /** From the connection being there to the first byte of the answer. */
  readonly firstByteMs: number;
}

/**
 * One connection to an endpoint, for one request at a time: made by the endpoint's dialer when it is needed, and kept afterwards. It is
 * axios' way to the network here, because axios' own way costs three times the CPU of everything else that a delivery needs.
 */
export class EndpointConnection {
  readonly #client: Client;
  readonly #limits: StageLimits;
  #dialling: Dialling | undefined;
  #socket: Socket | undefined;
  #closed = false;
  /** Connections made so far, and how many of them there were when the last request began. */
  #made = 0;
  #madeBefore = 0;
  #reused = false;
  #open = false;
  #overdue = false;
  /** Bytes that the socket had received when the request was sent. */
  #receivedBefore = 0;
  #stageTimer: NodeJS.Timeout | undefined;

  /** @param dialer says how it is made */
  constructor(
    readonly dialer: Dialer,
    limits: StageLimits,
  ) {
    this.#limits = limits;
    this.#client = new Client(dialer.origin, {
      connect: (_target, callback) => {
        this.#dialling = dialer.dial((error, socket) => {
          this.#socket = socket ?? undefined;
          if (socket === null) callback(error ?? new Error('no connection'), null);
          else callback(null, socket);
        });
      },
      pipelining: 1,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // One deadline lies over the whole request, and whoever asks has it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#client.on('connect', () => {
      this.#made += 1;
      this.#open = true;
      this.#expectAnswer();
    });
    this.#client.on('disconnect', () => (this.#open = false));
  }

  /**
   * Axios' adapter for one request. The signal is not axios' own, which would discard an answer whose body is cut at the deadline.
   *
   * @param deadline ends the request where it stands
   */
  adapter(deadline: AbortSignal): AxiosAdapter {
    return (config) => this.#request(config, deadline);
  }

  /** About the last request. */
  get trace(): RequestTrace {
    const fresh = this.#made > this.#madeBefore;
    const sent = fresh || this.#reused;
    const connecting = this.#dialling?.atProxy === true ? 'proxy' : 'connecting';
    const stage = !sent ? connecting : this.#answering ? 'answering' : 'waiting';
    return { sent, reused: this.#reused && !fresh, stage, overdue: this.#overdue };
  }

  /** True when it cannot be used again. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    if (!this.#open) this.#dialling?.cancel();
    void this.#client.destroy();
  }

  async #request(config: InternalAxiosRequestConfig, deadline: AbortSignal): Promise<AxiosResponse> {
    this.#madeBefore = this.#made;
    this.#reused = this.#open;
    this.#overdue = false;
    if (this.#open) this.#expectAnswer();
    else this.#limit(this.#limits.connectMs, () => !this.#open);
    const reader = new AnswerReader(deadline);
    // The client would wait for the connection before it heeds anything.
    const abort = () => (this.#open ? reader.abort() : this.close());
    deadline.addEventListener('abort', abort, { once: true });
    try {
      this.#client.dispatch(
        {
          method: config.method?.toUpperCase() === 'OPTIONS' ? 'OPTIONS' : 'POST',
          path: config.url ?? '/',
          headers: config.headers,
          body: config.data as Buffer,
        },
        reader,
      );
      const { status, headers, ...data } = await reader.answer;
      return {
        status,
        statusText: '',
        headers: new AxiosHeaders(headers as Record<string, string>),
        config,
        data,
      };
    } finally {
      clearTimeout(this.#stageTimer);
      deadline.removeEventListener('abort', abort);
    }
  }

  get #answering(): boolean {
    return (this.#socket?.bytesRead ?? 0) > this.#receivedBefore;
  }

  #expectAnswer(): void {
    this.#receivedBefore = this.#socket?.bytesRead ?? 0;
    this.#limit(this.#limits.firstByteMs, () => !this.#answering);
  }

  /** Gives the request up when it still stands there after that time. */
  #limit(timeoutMs: number, stands: () => boolean): void {
    clearTimeout(this.#stageTimer);
    if (!Number.isFinite(timeoutMs)) return;
    this.#stageTimer = setTimeout(() => {
      if (!stands()) return;
      this.#overdue = true;
      this.close();
    }, timeoutMs);
  }
}
