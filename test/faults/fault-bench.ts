import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Broadcaster,
  Clock,
  EventLog,
  NotificationsModule,
  type EndpointMetricsSnapshot,
  type WebhookOptions,
} from '@herald/notifications';
import { vi } from 'vitest';
import { FastClock } from './fast-clock.js';

/** Answers a request of which this is the body. */
export type Answering = (body: string, ...parameters: Parameters<RequestListener>) => unknown;

/** The notifications, with endpoints that misbehave on real sockets. */
export class FaultBench {
  readonly clock = new FastClock();
  readonly #directory = mkdtempSync(join(tmpdir(), 'herald-faults-'));
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #context: INestApplicationContext | undefined;

  async start(endpoints: readonly WebhookOptions[]): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [
        NotificationsModule.forRoot({
          endpoints: endpoints.map((endpoint) => ({ format: 'cloudevents', ...endpoint })),
          database: { path: join(this.#directory, 'herald.db') },
          drainTimeoutMs: 0,
        }),
      ],
    })
      .overrideProvider(Clock)
      .useValue(this.clock)
      .setLogger(false as never)
      .compile();
    this.#context = await module.init();
  }

  async stop(): Promise<void> {
    await this.#context?.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get broadcaster(): Broadcaster {
    return this.#running.get(Broadcaster);
  }

  metrics(endpoint: string): EndpointMetricsSnapshot {
    return this.broadcaster.endpoint(endpoint).metrics;
  }

  async publish(lane: string, data: object = {}): Promise<void> {
    await this.#running.get(EventLog).publish({ type: 'test.thing.happened', lane, data });
  }

  /** A receiver. @returns its origin */
  http(answering: Answering, tls?: ServerOptions): Promise<string> {
    const listener: RequestListener = (request, response) => {
      void text(request).then(
        (body) => answering(body, request, response),
        () => undefined,
      );
    };
    const server = tls === undefined ? createHttpServer(listener) : createTlsServer(tls, listener);
    return this.#listen(server, tls === undefined ? 'http' : 'https');
  }

  /** A server that gets bytes and answers some. @returns its origin */
  raw(talk: (socket: Socket) => void): Promise<string> {
    return this.#listen(
      createServer((socket) => socket.once('data', () => talk(socket))),
      'http',
    );
  }

  get #running(): INestApplicationContext {
    if (this.#context === undefined) throw new Error('not started');
    return this.#context;
  }

  async #listen(server: Server, scheme: string): Promise<string> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

/** Waits until that holds, at most ten seconds. */
export async function until(holds: () => void): Promise<void> {
  await vi.waitFor(holds, { timeout: 10_000, interval: 5 });
}
