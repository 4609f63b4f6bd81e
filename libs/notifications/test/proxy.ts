import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the proxy does with a wish for a connection: opens it, answers with this status, or says nothing. */
export type ProxyManner = 'open' | 'silent' | number;

/** A forwarding and tunnelling HTTP proxy on a real socket of the loopback. */
export class ProxyServer {
  /** Of each request that it got: the request line without the version, and its headers. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  manner: ProxyManner = 'open';
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor() {
    this.#server = createServer((incoming, response) => this.#forward(incoming, response));
    this.#server.on('connect', (incoming, socket) => this.#tunnel(incoming, socket));
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket));
  }

  static async start(): Promise<ProxyServer> {
    const proxy = new ProxyServer();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note({ method, url, headers }: IncomingMessage): void {
    this.requests.push({ line: `${method} ${url}`, headers });
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    this.#note(incoming);
    if (this.manner === 'silent') return;
    if (this.manner !== 'open') return void response.writeHead(this.manner).end();
    const { 'proxy-authorization': _own, ...headers } = incoming.headers;
    const onward = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    this.#note(incoming);
    socket.on('error', () => undefined);
    if (this.manner === 'silent') return;
    if (this.manner !== 'open') return void socket.end(`HTTP/1.1 ${this.manner} No\r\n\r\n`);
    const [, host = '', port] = /^(.*):(\d+)$/.exec(incoming.url ?? '') ?? [];
    // Whatever the name: everything here is on the loopback.
    const onward = connect(Number(port), host === 'hook.example' ? '127.0.0.1' : host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    this.#sockets.add(onward);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}
