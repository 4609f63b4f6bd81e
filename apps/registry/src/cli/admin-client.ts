import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { RegistryConfig } from '../config/registry-config.js';

/** What the admin API answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** Nobody serves the admin API at its address. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
  readonly code = 'NO_SERVER';
}

/** Says what is asked of the admin API: an answer is small, and comes from a program of the same version on the same machine. */
export type AdminRequest = (method: 'GET' | 'POST' | 'DELETE', path: string) => Promise<AdminAnswer>;

/** Largest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** How long in ms an answer may take. */
const TIMEOUT_MS = 60_000;

/** A client of the admin API of the server that has this configuration. Its requests reject with {@link NoServer} when none runs. */
export function adminClient({ admin }: RegistryConfig): AdminRequest {
  const { address, token } = admin;
  if (address.kind === 'off') return () => Promise.reject(new NoServer('the admin API is off'));
  const target: RequestOptions =
    address.kind === 'unix'
      ? { socketPath: address.path }
      : { host: address.listen.host ?? 'localhost', port: address.listen.port };
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return (method, path) => send({ ...target, method, path, headers });
}

async function send(options: RequestOptions): Promise<AdminAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, resolve)
      .on('error', (error: NodeJS.ErrnoException) => {
        reject(NOBODY.has(error.code ?? '') ? new NoServer('no server runs', { cause: error }) : error);
      })
      .end();
  });
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > MAX_ANSWER_BYTES) throw new Error('the answer of the admin API is too large');
  }
  return { status: response.statusCode ?? 0, body };
}

const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);
