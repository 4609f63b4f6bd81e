import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** What proxies say of a request. Nothing of it is checked here: whether to believe it is the caller's decision. */
export interface Forwarded {
  /** Addresses the request came through, the client first. */
  readonly addresses: readonly string[];
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
}

/** Longest header that is read: it is a client's to choose. */
const MAX_LENGTH = 4_096;

/** RFC 3986 §3.2.2 and no more: a host goes into URLs that others follow. */
const HOST = /^(?:[a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return (
    headers.forwarded !== undefined ||
    headers['x-forwarded-for'] !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined ||
    headers['x-real-ip'] !== undefined
  );
}

/** Reads `Forwarded` (RFC 7239), or else the `X-Forwarded-*` family. */
export function readForwarded(headers: IncomingHttpHeaders): Forwarded {
  const forwarded = headers.forwarded;
  if (forwarded !== undefined) return fromForwarded(forwarded.slice(0, MAX_LENGTH));
  const scheme = first(headers['x-forwarded-proto'])?.toLowerCase();
  const host = first(headers['x-forwarded-host']);
  const through = list(headers['x-forwarded-for']).filter((address) => isIP(address) !== 0);
  const real = first(headers['x-real-ip']);
  const addresses = through.length === 0 && real !== undefined && isIP(real) !== 0 ? [real] : through;
  return told(addresses, scheme, host);
}

function fromForwarded(header: string): Forwarded {
  const elements = header.split(',').map((element) => pairs(element));
  const addresses = elements.flatMap((element) => {
    const address = withoutPort(element.get('for') ?? '');
    return isIP(address) === 0 ? [] : [address];
  });
  return told(addresses, elements[0]?.get('proto')?.toLowerCase(), elements[0]?.get('host'));
}

function told(addresses: readonly string[], scheme: string | undefined, host: string | undefined): Forwarded {
  return {
    addresses,
    ...((scheme === 'http' || scheme === 'https') && { scheme }),
    ...(host !== undefined && HOST.test(host) && { host }),
  };
}

function pairs(element: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of element.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const value = pair.slice(equals + 1).trim();
    found.set(pair.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  return found;
}

function withoutPort(node: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(node);
  if (bracketed) return bracketed[1] ?? '';
  return isIP(node) === 0 ? node.replace(/:\d+$/, '') : node;
}

function list(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .slice(0, MAX_LENGTH)
    .split(',')
    .map((part) => part.trim());
}

function first(header: string | string[] | undefined): string | undefined {
  const value = list(header)[0];
  return value === '' ? undefined : value;
}
