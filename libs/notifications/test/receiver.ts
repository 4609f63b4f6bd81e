import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came over the wire. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they were sent, one after another. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly bytes: Buffer;
}

export type Behaviour = (request: ReceivedRequest, response: ServerResponse, socket: Socket) => unknown;

/** Answers 200 with no body. */
export const accept: Behaviour = (_request, response) => response.end();

/** Answers with this status. */
export function answer(status: number, headers: Record<string, string> = {}, body = ''): Behaviour {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

/** A webhook receiver on a real socket of the loopback. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  connections = 0;
  behaviour: Behaviour;

  private constructor(behaviour: Behaviour, tls?: { readonly key: string; readonly cert: string }) {
    this.behaviour = behaviour;
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      void this.#receive(request, response);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(
    behaviour: Behaviour = accept,
    { port = 0, tls }: { port?: number; tls?: { readonly key: string; readonly cert: string } } = {},
  ): Promise<Receiver> {
    const receiver = new Receiver(behaviour, tls);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject);
      receiver.#server.listen(port, '127.0.0.1', resolve);
    });
    receiver.#port = (receiver.#server.address() as AddressInfo).port;
    return receiver;
  }

  /** Stays the same when the receiver is stopped, so that another can take its place. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Of each request, what a header says. */
  headers(name: string): readonly string[] {
    return this.requests.map(({ headers }) => String(headers[name]));
  }

  /** The data of each CloudEvent in structured mode, in the order of arrival. */
  data(): readonly unknown[] {
    return this.requests.map(({ body }) => (JSON.parse(body) as { data: unknown }).data);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // The sender went away.
    }
    const bytes = Buffer.concat(chunks);
    const received: ReceivedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: bytes.toString(),
      bytes,
    };
    this.requests.push(received);
    this.behaviour(received, response, request.socket);
  }
}
