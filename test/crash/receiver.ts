import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RegistryEvent } from '@herald/notifications';
import { SETTINGS_HEADER } from './generation.js';
import type { Random } from './random.js';

/** An event as the receiver knows it. */
export interface Arrival {
  readonly event: RegistryEvent;
  /** The endpoint's number of it, by `Herald-Sequence`. */
  readonly number: number;
  /** Requests that brought it. */
  requests: number;
  /** It was answered 2xx at least once. */
  accepted: boolean;
}

/** An event that was sent again. */
export interface Replayed {
  readonly event: RegistryEvent;
  accepted: boolean;
}

/** Times that this receiver refuses one event: well below what makes an event a dead letter. */
const MOST_REFUSALS = 2;

const REFUSED = 0.02;
const SLOW = 0.04;
const SLOW_MS = { least: 5, most: 40 };
const UP_MS = { least: 300, most: 2_000 };
const DOWN_MS = { least: 20, most: 150 };

/** A webhook receiver with the usual troubles: now and then it fails, is slow, or is not there. It keeps the first arrival of each event. */
export class TroubledReceiver {
  /** First arrivals, in their order. */
  readonly arrivals: Arrival[] = [];
  /** Events whose number was not the same each time. */
  readonly renumbered: string[] = [];
  /** Events that were sent again, by their ids, for each replay by its id. */
  readonly replays = new Map<string, Map<string, Replayed>>();
  /** What a request must not say or leave out. */
  readonly malformed: string[] = [];
  /** Editions of its settings that requests came with. */
  readonly editions = new Set<string>();
  /** Requests that carried more than one event. */
  envelopes = 0;
  /** Called at the first arrival of an event, before it is answered. */
  onFirst: (arrival: Arrival) => void = () => undefined;
  readonly #byId = new Map<string, Arrival>();
  readonly #refusals = new Map<string, number>();
  readonly #ending = new AbortController();
  #server: Server | undefined;
  #port = 0;
  #troubles = Promise.resolve();

  constructor(private readonly random: Random) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}/events`;
  }

  /** Requests with events that came, repeated ones too. */
  get requests(): number {
    return this.arrivals.reduce((sum, { requests }) => sum + requests, 0);
  }

  async start(): Promise<void> {
    await this.#up();
    this.#troubles = this.#troubled();
  }

  /** From here on it is there, and takes everything. */
  async recover(): Promise<void> {
    this.#ending.abort();
    await this.#troubles;
  }

  async stop(): Promise<void> {
    await this.recover();
    await this.#down();
  }

  async #troubled(): Promise<void> {
    const { signal } = this.#ending;
    const random = this.random.fork('presence');
    const pause = ({ least, most }: { least: number; most: number }) =>
      sleep(random.between(least, most), undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      await pause(UP_MS);
      await this.#down();
      await pause(DOWN_MS);
      await this.#up();
    }
  }

  async #up(): Promise<void> {
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.closeAllConnections();
    server.close();
    await closed;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
    } catch {
      // Its sender was killed half way: nothing arrived.
      return;
    }
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: readonly RegistryEvent[] };
    this.editions.add(String(request.headers[SETTINGS_HEADER]));
    if (events.length > 1) this.envelopes += 1;
    const arrived = this.#arrive(request.headers, events);
    if (this.random.chance(SLOW)) await sleep(this.random.between(SLOW_MS.least, SLOW_MS.most));
    const status = this.#refuses(arrived) ? 500 : 200;
    // If this answer does not reach its sender, the events come again.
    if (status === 200) for (const arrival of arrived) arrival.accepted = true;
    response.writeHead(status).end();
  }

  #arrive(headers: IncomingHttpHeaders, events: readonly RegistryEvent[]): readonly (Arrival | Replayed)[] {
    const { 'herald-replay': replay, 'herald-sequence': sequences } = headers;
    if (typeof replay !== 'string') {
      const numbers = String(sequences).split(',').map(Number);
      return events.map((event, index) => this.#record(event, numbers[index] ?? 0));
    }
    if (sequences !== undefined) this.malformed.push(`replay ${replay} has numbers: ${String(sequences)}`);
    return events.map((event) => this.#recordAgain(replay, event));
  }

  #recordAgain(replay: string, event: RegistryEvent): Replayed {
    const known = this.replays.get(replay) ?? new Map<string, Replayed>();
    this.replays.set(replay, known);
    const replayed = known.get(event.id) ?? { event, accepted: false };
    if (!isDeepStrictEqual(replayed.event, event))
      this.malformed.push(`replay ${replay} has two versions of ${event.id}`);
    known.set(event.id, replayed);
    return replayed;
  }

  #record(event: RegistryEvent, number: number): Arrival {
    const known = this.#byId.get(event.id);
    if (known !== undefined) {
      known.requests += 1;
      if (known.number !== number) this.renumbered.push(`${event.id} was ${known.number} and then ${number}`);
      return known;
    }
    const arrival: Arrival = { event, number, requests: 1, accepted: false };
    this.#byId.set(event.id, arrival);
    this.arrivals.push(arrival);
    this.onFirst(arrival);
    return arrival;
  }

  #refuses(arrived: readonly (Arrival | Replayed)[]): boolean {
    if (this.#ending.signal.aborted || !this.random.chance(REFUSED)) return false;
    const refusals = arrived.map(({ event }) => this.#refusals.get(event.id) ?? 0);
    if (refusals.some((count) => count >= MOST_REFUSALS)) return false;
    for (const [index, { event }] of arrived.entries())
      this.#refusals.set(event.id, (refusals[index] ?? 0) + 1);
    return true;
  }
}
