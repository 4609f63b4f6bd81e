import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';

/** Which of the program's addresses a request came in by. */
export type AddressName = 'registry' | 'debug' | 'admin';

/** What a server listens on: an address of the network, or a socket in the file system. */
export type ListenTarget = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/**
 * Further addresses of the same application: each a server of its own that hands its requests to the same routing. A route belongs to
 * one address and is unknown on the others.
 */
export class ServerAddresses {
  readonly #origin = new WeakMap<IncomingMessage, AddressName>();
  readonly #servers: Server[] = [];

  addressOf(request: IncomingMessage): AddressName {
    return this.#origin.get(request) ?? 'registry';
  }

  /** Listens on a further address. @throws when the address cannot be listened on */
  async listen(name: AddressName, target: ListenTarget, routing: RequestListener): Promise<Server> {
    const server = createServer((request, response) => {
      this.#origin.set(request, name);
      routing(request, response);
    });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if ('socketPath' in target) listenOnSocket(server, target.socketPath, resolve);
      else server.listen(target.port, target.host, resolve);
    });
    return server;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

/** Longer than the idle time of the usual load balancers, so that they close first and never write into a closed connection. */
export const KEEP_ALIVE_MS = 72_000;

/** Nobody but this user may open the socket. The mask, because the file must not be open to others even for a moment. */
function listenOnSocket(server: Server, path: string, listening: () => void): void {
  // The lock on the data directory is held: a socket that is there was left by a process that is gone.
  rmSync(path, { force: true });
  const mask = process.umask(0o177);
  try {
    server.listen(path, listening);
  } finally {
    process.umask(mask);
  }
}
