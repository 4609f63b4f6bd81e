import type { RequestListener, Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RegistryConfig } from './config/registry-config.js';
import type { AdminAddress } from './config/values/admin-address.js';
import type { ListenAddress } from './config/values/listen-address.js';
import type { RegistryApp } from './create-app.js';
import type { ServerAddresses } from './http/server-addresses.js';

/** Where the program listens, as it turned out: a port of 0 is replaced by the one that was given. */
export interface BoundAddresses {
  readonly registry: string;
  readonly debug?: string;
  readonly admin?: string;
}

/** How often connections that fell idle are closed while the server drains, in ms. */
const SWEEP_MS = 50;

/** A registry that listens, and how it stops. */
export class RunningRegistry {
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly others: ServerAddresses,
    private readonly drainTimeoutMs: number,
    readonly addresses: BoundAddresses,
  ) {}

  /** @throws when an address cannot be listened on; everything that was opened is closed then */
  static async start({ app, addresses }: RegistryApp, config: RegistryConfig): Promise<RunningRegistry> {
    const { listen, debug, drainTimeoutMs } = config.http;
    try {
      await onEveryAddress(listen, (host) => app.listen(listen.port, host));
      const registry = urlOf(app.getHttpServer().address());
      const routing = routingOf(app);
      const debugUrl = debug && (await listenForDebugging(addresses, debug.listen, routing));
      const adminUrl = await listenForAdministration(addresses, config.admin.address, routing);
      return new RunningRegistry(app, addresses, drainTimeoutMs, {
        registry,
        ...(debugUrl !== undefined && { debug: debugUrl }),
        ...(adminUrl !== undefined && { admin: adminUrl }),
      });
    } catch (error) {
      addresses.close();
      await app.close();
      throw error;
    }
  }

  /**
   * No new connections from now on; requests in flight are finished, and cut off when the drain time is over. Uploads that were cut
   * off can be resumed, and deliveries that did not finish stay in the log: the next start goes on with both.
   */
  async stop(): Promise<void> {
    const server = this.app.getHttpServer();
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), this.drainTimeoutMs);
    try {
      await this.app.close();
    } finally {
      clearInterval(sweep);
      clearTimeout(cut);
      this.others.close();
    }
  }
}

/** The application's routes, for servers of other addresses. */
export function routingOf(app: NestFastifyApplication): RequestListener {
  const fastify = app.getHttpAdapter().getInstance();
  return (request, response) => {
    fastify.routing(request, response);
  };
}

async function listenForDebugging(
  addresses: ServerAddresses,
  { host, port }: ListenAddress,
  routing: RequestListener,
): Promise<string> {
  const server = await onEveryAddress({ host, port }, (bound) =>
    addresses.listen('debug', { host: bound, port }, routing),
  );
  return urlOf(server.address());
}

/** Serves the admin API where the configuration says. Resolves with the address for people, or nothing when it is off. */
export async function listenForAdministration(
  addresses: ServerAddresses,
  address: AdminAddress,
  routing: RequestListener,
): Promise<string | undefined> {
  if (address.kind === 'off') return undefined;
  if (address.kind === 'unix') {
    await addresses.listen('admin', { socketPath: address.path }, routing);
    return address.path;
  }
  const { host, port } = address.listen;
  const server = await onEveryAddress({ host, port }, (bound) =>
    addresses.listen('admin', { host: bound, port }, routing),
  );
  return urlOf(server.address());
}

/** Without a host every address of the machine is meant: IPv6 and IPv4 by one socket, or IPv4 alone where there is nothing else. */
async function onEveryAddress<T>({ host }: ListenAddress, listen: (host: string) => Promise<T>): Promise<T> {
  if (host !== undefined) return listen(host);
  try {
    return await listen('::');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT') return listen('0.0.0.0');
    throw error;
  }
}

/** A URL that can be typed: an address that means all of them is shown as this machine's own. */
function urlOf(address: ReturnType<Server['address']>): string {
  if (address === null || typeof address === 'string') return String(address);
  const everywhere = address.address === '::' || address.address === '0.0.0.0';
  const host = everywhere ? 'localhost' : address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
