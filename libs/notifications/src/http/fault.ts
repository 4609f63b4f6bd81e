import type { Fault, Unanswered } from '../delivery/attempt.js';
import { ProxyError, type ProxyFault } from './proxy/proxy.error.js';
import type { RequestTrace } from './endpoint-connection.js';
import { ADDRESS_REFUSED } from './addresses/address-refused.error.js';

const DNS_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
]);
/** The operating system's own patience ended: it has none once there is a connection. */
const TIMEOUT_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT']);

/** Codes of certificates that are not trusted and of handshakes that fail: node:tls and OpenSSL. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Told by the code alone: messages can hold addresses and paths. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ProxyError) return 'proxy';
  const code = codeOf(error);
  if (code === ADDRESS_REFUSED) return 'address';
  if (DNS_CODES.has(code)) return 'dns';
  if (TIMEOUT_CODES.has(code)) return 'connect-timeout';
  return TLS_CODE.test(code) ? 'tls' : 'connect';
}

/** Codes of connections that ended before the answer came. */
const LOST_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Faults of making a connection. A server that refuses Herald's certificate does so after the handshake, and yet before it reads a
 * request.
 */
const BEFORE_REQUESTS: ReadonlySet<Fault> = new Set<Fault>(['dns', 'tls', 'address', 'proxy']);

const OVERDUE: Readonly<Record<RequestTrace['stage'], Fault>> = {
  proxy: 'proxy',
  connecting: 'connect-timeout',
  waiting: 'first-byte-timeout',
  answering: 'timeout',
};

/** What it is that a request had no time left for. */
export function timeoutFault({ stage }: RequestTrace): Fault {
  return OVERDUE[stage];
}

/** What an attempt that ended with this error says. */
export function unanswered(error: unknown, fault: Fault, { sent, reused }: RequestTrace): Unanswered {
  const lost = fault === 'connect' && LOST_CODES.has(codeOf(error));
  const stale = lost && reused;
  const proxy = fault === 'proxy' ? { proxy: proxyFaultOf(error) } : {};
  return { kind: 'unanswered', fault, sent: sent && !BEFORE_REQUESTS.has(fault), stale, ...proxy };
}

function proxyFaultOf(error: unknown): ProxyFault {
  // What was given up has no error of the proxy's.
  return error instanceof ProxyError ? error.fault : 'timeout';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
