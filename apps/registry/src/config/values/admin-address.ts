import { parseListenAddress, type ListenAddress } from './listen-address.js';

/** Where administration is done: a socket in the file system, an address of the network, or nowhere. */
export type AdminAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly listen: ListenAddress }
  | { readonly kind: 'off' };

/** Longest path of a unix socket that every system takes, in bytes. */
const LONGEST_SOCKET_PATH = 100;

/** Reads `unix:/path/to/socket`, `host:port` or `off`. Undefined when it is none. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  if (text === 'off') return { kind: 'off' };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path !== '' && fitsSocket(path) ? { kind: 'unix', path } : undefined;
  }
  const listen = parseListenAddress(text);
  return listen && { kind: 'tcp', listen };
}

/** Whether a socket can have this path. */
export function fitsSocket(path: string): boolean {
  return Buffer.byteLength(path) <= LONGEST_SOCKET_PATH;
}
