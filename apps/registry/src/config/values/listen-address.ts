import { isIPv6 } from 'node:net';

/** Where a server listens. Without a host: on every address of the machine, IPv6 and IPv4. Port 0: a free one. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*\.?$/i;

/** Reads Go's `host:port`: `:5000`, `127.0.0.1:5000`, `localhost:5000`, `[::1]:5000`. Undefined when it is none. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 65_535)) {
    return undefined;
  }
  if (bracketed !== undefined) {
    return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  }
  if (plain === '') {
    return { host: undefined, port };
  }
  return plain !== undefined && HOST_NAME.test(plain) ? { host: plain, port } : undefined;
}

/** The address as the configuration writes it. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host?.includes(':') === true ? `[${host}]` : (host ?? '')}:${port}`;
}
