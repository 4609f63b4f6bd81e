import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { RegistryEvent } from '@herald/notifications';
import { Receiver, type Delivery } from '../support/receiver.js';
import { RegistryProcess } from '../support/registry-process.js';
import { blobs, capture, hexDigest, type Capture, type EndpointName } from './captures.js';

const AGENT = 'curl/7.88.1';
const ARRANGER = 'arranges what an operation needs';
const SENTINEL = 'follows an operation';

/** Every repository that an operation touches. */
const REPOSITORIES = ['lib/curl', 'lib/mounted'] as const;

type Headers = Readonly<Record<string, string>>;

/** What one operation led to. */
export interface Replayed {
  readonly status: number;
  readonly delivered: Readonly<Record<EndpointName, readonly Delivery[]>>;
}

/** The built program with the two endpoints of the captures, and what they get when an operation is done again. */
export class GoldenRegistry {
  readonly #receivers = { normal: new Receiver(), filtered: new Receiver() };
  #registry: RegistryProcess | undefined;

  constructor(private readonly captures: readonly Capture[]) {}

  get url(): string {
    return this.#registry?.url ?? '';
  }

  async start(compatibility: 'herald' | 'distribution'): Promise<void> {
    const { normal, filtered } = this.#receivers;
    await Promise.all([normal.up(), filtered.up()]);
    this.#registry = new RegistryProcess({
      endpoints: [
        {
          name: 'normal',
          url: normal.url,
          headers: { Authorization: ['Bearer golden-token'], 'X-Multi': ['one', 'two'] },
        },
        {
          name: 'filtered',
          url: filtered.url,
          ignore: { mediatypes: ['application/octet-stream'], actions: ['pull'] },
        },
      ],
      notifications: { compatibility, events: { includereferences: true } },
    });
    await this.#registry.start();
  }

  async stop(): Promise<void> {
    await this.#registry?.dispose();
    await Promise.all(Object.values(this.#receivers).map((receiver) => receiver.down()));
  }

  /**
   * Does a captured operation again, and gathers what it led to: everything that comes before the event of a push behind it, which each
   * repository gets, because between repositories there is no order.
   */
  async replay(captured: Capture): Promise<Replayed> {
    await this.#arrange();
    const { statusCode = 0 } = await this.#operate(captured);
    const { normal, filtered } = this.#receivers;
    for (const repository of REPOSITORIES) {
      await this.#putManifest('put-manifest-oci-digest', SENTINEL, `/v2/${repository}/manifests/sentinel`);
    }
    const delivered = {
      normal: await takeUpToSentinels(normal),
      filtered: await takeUpToSentinels(filtered),
    };
    return { status: statusCode, delivered };
  }

  /** Puts everything in place that an operation may need. Idempotent, so that each can be run alone. */
  async #arrange(): Promise<void> {
    const headers = { 'User-Agent': ARRANGER, 'Content-Type': 'application/octet-stream' };
    for (const repository of REPOSITORIES) {
      for (const bytes of blobs()) {
        const session = await this.#send('POST', `/v2/${repository}/blobs/uploads/`, headers);
        await this.#send('PUT', withDigest(session, `sha256:${hexDigest(bytes)}`), headers, bytes);
      }
    }
    const manifests = ['put-manifest-oci-digest', 'put-manifest-schema2', 'put-manifest-oci-tag'];
    const onThem = ['put-manifest-second-tag', 'put-index-oci', 'put-manifest-list', 'put-artifact-subject'];
    for (const operation of [...manifests, ...onThem]) await this.#putManifest(operation, ARRANGER);
  }

  /** Puts the manifest of a captured operation again, at its own path or another. */
  async #putManifest(operation: string, agent: string, elsewhere?: string): Promise<void> {
    const { line, headers, body } = capture(this.captures, operation).request;
    const path = elsewhere ?? requestLine(line).path;
    const type = new Map(headers.map(headerLine)).get('content-type') ?? '';
    const own = { 'User-Agent': agent, 'Content-Type': type };
    const { statusCode } = await this.#send('PUT', path, own, Buffer.from(body ?? ''));
    if (statusCode !== 201) throw new Error(`the manifest of ${operation} was answered ${statusCode}`);
  }

  /** Sends the captured request. An upload has a session of its own: the captured one's means nothing here. */
  async #operate({ operation, request }: Capture): Promise<IncomingMessage> {
    const { method, path } = requestLine(request.line);
    const headers = Object.fromEntries(request.headers.map(headerLine).filter(([name]) => name !== 'host'));
    const body = request.body === null ? undefined : Buffer.from(request.body);
    if (!path.includes('/blobs/uploads/') || method !== 'PUT') return this.#send(method, path, headers, body);
    const digest = new URLSearchParams(path.split('?')[1]).get('digest') ?? '';
    let session = await this.#send('POST', '/v2/lib/curl/blobs/uploads/', { 'User-Agent': AGENT });
    if (operation === 'push-chunked-put') {
      const bytes = blobs().find((blob) => `sha256:${hexDigest(blob)}` === digest);
      session = await this.#send('PATCH', locationOf(session), { 'User-Agent': AGENT }, bytes);
    }
    return this.#send('PUT', withDigest(session, digest), headers, body);
  }

  /** One request with these headers and no others of weight; the answer's body is read and dropped. */
  async #send(method: string, path: string, headers: Headers, body?: Buffer): Promise<IncomingMessage> {
    const request = httpRequest(new URL(path, this.url), { method, headers });
    request.end(body);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await textOf(answer);
    return answer;
  }
}

/** A body without what is another each time; everything else in it stays as it is, blanks included. */
export function masked(body: string): string {
  return body
    .replaceAll(/("(?:id|instanceID)": ?")[0-9a-f-]{36}"/g, '$1…"')
    .replaceAll(/("timestamp": ?")[^"]+"/g, '$1…"')
    .replaceAll(/("(?:addr|host)": ?")[^"]+"/g, '$1…"')
    .replaceAll(/("url": ?"http:\/\/)127\.0\.0\.1:\d+\//g, '$1…/');
}

/** A header line by its lower-case name. */
export function headerLine(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

async function takeUpToSentinels(receiver: Receiver): Promise<readonly Delivery[]> {
  await receiver.until(
    (events) => events.filter(({ request }) => request.useragent === SENTINEL).length === REPOSITORIES.length,
  );
  return receiver.deliveries
    .splice(0)
    .map((delivery) => Object.assign({}, delivery, { events: delivery.events.filter(isOfOperation) }))
    .filter(({ events }) => events.length > 0);
}

function isOfOperation({ request }: RegistryEvent): boolean {
  return request.useragent === AGENT;
}

function requestLine(line: string): { readonly method: string; readonly path: string } {
  const [method = '', path = ''] = line.split(' ');
  return { method, path };
}

function locationOf({ headers }: IncomingMessage): string {
  const { pathname, search } = new URL(headers.location ?? '', 'http://registry');
  return pathname + search;
}

function withDigest(session: IncomingMessage, digest: string): string {
  const location = new URL(locationOf(session), 'http://registry');
  location.searchParams.set('digest', digest);
  return location.pathname + location.search;
}
