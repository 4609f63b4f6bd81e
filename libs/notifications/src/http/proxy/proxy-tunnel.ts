import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Place } from '../dialer.js';
import { ProxyError, type ProxyFault } from './proxy.error.js';
import type { Proxy } from './proxy.js';

/** What the proxy is told of who asks. */
export interface TunnelRequest {
  readonly proxy: Proxy;
  readonly userAgent: string;
}

/**
 * Asks a proxy, over a connection to it, for one to the endpoint. When it is granted, the socket is the endpoint's.
 *
 * @returns what gives it up
 */
export function openTunnel(
  socket: Socket,
  { host, port }: Place,
  { proxy: { authorization }, userAgent }: TunnelRequest,
  done: (refused: ProxyError | undefined) => void,
): () => void {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const asked = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      'User-Agent': userAgent,
      ...(authorization !== undefined && { 'Proxy-Authorization': authorization }),
    },
    createConnection: () => socket,
  });
  asked.once('connect', ({ statusCode = 0 }, _socket, head: Buffer) => {
    const refused = refusalOf(statusCode);
    if (refused === undefined) {
      if (head.length > 0) socket.unshift(head);
      return done(undefined);
    }
    socket.destroy();
    done(new ProxyError(refused));
  });
  asked.once('error', () => done(new ProxyError('connect')));
  asked.end();
  return () => socket.destroy();
}

/** @param status of the answer to CONNECT: any 2xx opens the connection */
function refusalOf(status: number): ProxyFault | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 407) return 'authentication';
  return status >= 500 ? 'gateway' : 'refused';
}
