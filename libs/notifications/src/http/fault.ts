import type { ClientRequest } from 'node:http';
import type { Fault, Unanswered } from '../delivery/attempt.js';

const DNS_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
]);
const TIMEOUT_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT']);

/** Codes of certificates that are not trusted and of handshakes that fail: node:tls and OpenSSL. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Told by the code alone: messages can hold addresses and paths. */
export function faultOf(error: unknown): Fault {
  const code = codeOf(error);
  if (DNS_CODES.has(code)) return 'dns';
  if (TIMEOUT_CODES.has(code)) return 'timeout';
  return TLS_CODE.test(code) ? 'tls' : 'connect';
}

/** What an attempt that ended with this error says; `wasMade` tells whether a connection was ever made. */
export function unanswered(error: unknown, fault: Fault, wasMade: (socket: object) => boolean): Unanswered {
  const socket = requestOf(error)?.socket ?? undefined;
  const sent = socket !== undefined && wasMade(socket);
  return { kind: 'unanswered', fault, sent, stale: fault === 'connect' && isStale(error) };
}

function isStale(error: unknown): boolean {
  const code = codeOf(error);
  return (code === 'ECONNRESET' || code === 'EPIPE') && requestOf(error)?.reusedSocket === true;
}

function requestOf(error: unknown): Pick<ClientRequest, 'socket' | 'reusedSocket'> | undefined {
  if (!(error instanceof Error) || !('request' in error)) return undefined;
  return error.request as ClientRequest | undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
