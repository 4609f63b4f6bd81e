import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegistryEvent } from '@herald/notifications';

/** One request that reached the receiver. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly events: readonly RegistryEvent[];
}

/** What the receiver answers to the n-th request (from 0). */
export type Answer = (delivery: Delivery, index: number) => number | Promise<number>;

/** A webhook receiver on a real socket, which can go down and come back on the same port. */
export class Receiver {
  readonly deliveries: Delivery[] = [];
  #server: Server | undefined;
  #port = 0;
  #watchers = new Set<() => void>();

  constructor(private readonly answer: Answer = () => 200) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}/secret-path`;
  }

  get events(): readonly RegistryEvent[] {
    return this.deliveries.flatMap((delivery) => delivery.events);
  }

  async up(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const { events = [] } = JSON.parse(body) as { events?: RegistryEvent[] };
        const delivery = { headers: request.headers, rawHeaders: request.rawHeaders, body, events };
        const index = this.deliveries.push(delivery) - 1;
        for (const watcher of this.#watchers) watcher();
        void Promise.resolve(this.answer(delivery, index)).then((status) => response.writeHead(status).end());
      });
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Resolves when the condition holds for what arrived. @throws after the time, saying what is there */
  async until(condition: (events: readonly RegistryEvent[]) => boolean, timeoutMs = 30_000): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!condition(this.events)) {
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          reject(
            new Error(`gave up after ${timeoutMs} ms with ${this.events.length} events: ${this.summary()}`),
          );
        };
        deadline.addEventListener('abort', stop, { once: true });
        const watcher = () => {
          this.#watchers.delete(watcher);
          deadline.removeEventListener('abort', stop);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  summary(): string {
    return this.events
      .map(({ action, target }) => `${action} ${target.tag ?? target.digest ?? ''}`)
      .join(', ');
  }
}
