import type { EncodedRequest } from '../event/format.js';
import { basicCredentials } from './basic-credentials.js';
import { WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP } from '../signing/signed-content.js';

/** Header lines as Node's client takes them: a list is that many lines. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Headers that belong to the connection or to Herald: configuring them has no effect. */
const FIXED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'herald-log',
  'herald-replay',
  'herald-sequence',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  WEBHOOK_ID,
  WEBHOOK_SIGNATURE,
  WEBHOOK_TIMESTAMP,
]);

/** Identifies the events of a request to the receiver. */
export interface Numbering {
  /** UUID of the log. */
  readonly log: string;
  /** The ids of its events: what a signature is for. */
  readonly eventIds: readonly string[];
  /** The endpoint's number of each event. */
  readonly sequences: readonly number[];
  /** The replay that sends them. */
  readonly replay?: string;
}

/**
 * The headers that an endpoint gets with each request: its configured ones added to Herald's own, a configured `Content-Type` or
 * `User-Agent` in place of them. The user information of the URL becomes Basic authentication where no `Authorization` is configured.
 */
export class HeaderTemplate {
  readonly #configured = new Map<string, { name: string; values: readonly string[] }>();
  readonly #always: Readonly<Record<string, string>>;

  constructor(url: URL, headers: Readonly<Record<string, readonly string[]>>, userAgent: string) {
    // Nobody reads the answer but people, so it need not be packed: then nobody has to unpack what a stranger packed.
    this.#always = { 'User-Agent': userAgent, Accept: '*/*', 'Accept-Encoding': 'identity' };
    const credentials = basicCredentials(url);
    if (credentials !== undefined) this.#configure('Authorization', [credentials]);
    const own = new Map<string, readonly string[]>();
    for (const [name, values] of Object.entries(headers)) {
      const key = name.toLowerCase();
      if (FIXED_HEADERS.has(key)) continue;
      // Two spellings of one name are one header with the values of both.
      own.set(key, [...(own.get(key) ?? []), ...values]);
      this.#configure(name, own.get(key) ?? []);
    }
  }

  /** Values that must not be seen anywhere but on the wire. */
  get secrets(): readonly string[] {
    return [...this.#configured.values()].flatMap(({ values }) => values);
  }

  headersFor(encoded: Omit<EncodedRequest, 'body'>, { log, sequences, replay }: Numbering): RequestHeaders {
    const headers: Record<string, string | readonly string[]> = {};
    this.#add(headers, { 'Content-Type': encoded.contentType });
    this.#add(headers, this.#always);
    this.#add(headers, encoded.headers);
    headers['Herald-Log'] = log;
    // What is sent again is outside the numbers.
    if (sequences.length > 0) headers['Herald-Sequence'] = sequences.join(',');
    if (replay !== undefined) headers['Herald-Replay'] = replay;
    for (const { name, values } of this.#configured.values()) headers[name] = values;
    return headers;
  }

  /** Those of a request without events, and without a body. */
  headersOfQuestion(): RequestHeaders {
    const headers: Record<string, string | readonly string[]> = {};
    this.#add(headers, this.#always);
    for (const [key, { name, values }] of this.#configured)
      if (key !== 'content-type') headers[name] = values;
    return headers;
  }

  /** What is configured comes last, and in its own spelling. */
  #add(headers: Record<string, string | readonly string[]>, added: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(added)) {
      if (!this.#configured.has(name.toLowerCase())) headers[name] = value;
    }
  }

  #configure(name: string, values: readonly string[]): void {
    this.#configured.set(name.toLowerCase(), { name, values });
  }
}
