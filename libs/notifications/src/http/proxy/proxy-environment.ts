import { isIP } from 'node:net';
import { holdsAddress, parseAddressRanges } from '../addresses/address-range.js';
import { parseIpAddress, type IpAddress } from '../addresses/ip-address.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says of a proxy. */
export interface EnvironmentProxy {
  readonly variable: string;
  readonly value: string;
}

/**
 * The proxy that the environment names for a URL, by the rules of Go's programs, which Distribution is one of: `HTTPS_PROXY` or
 * `HTTP_PROXY` by the scheme, the upper case first; none for `localhost` and loopback addresses, and none for what `NO_PROXY` lists:
 * names (with all below them; with a dot or `*.` in front only those), addresses, CIDR ranges, each with a port if only that is meant;
 * `*` for everything. No name is resolved for it.
 */
export function environmentProxy(target: URL, environment: Environment): EnvironmentProxy | undefined {
  const upper = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const variable = [upper, upper.toLowerCase()].find((name) => (environment[name] ?? '').trim() !== '');
  if (variable === undefined || isExempt(target, noProxyOf(environment))) return undefined;
  return { variable, value: environment[variable]?.trim() ?? '' };
}

function noProxyOf(environment: Environment): readonly string[] {
  const list = [environment['NO_PROXY'], environment['no_proxy']].find((text) => (text ?? '').trim() !== '');
  return (list ?? '')
    .split(',')
    .flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim().toLowerCase()]));
}

function isExempt(target: URL, list: readonly string[]): boolean {
  const host = target.hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  const address = isIP(host) === 0 ? undefined : parseIpAddress(host);
  if (host === 'localhost' || (address !== undefined && isWithin(address, 'loopback'))) return true;
  return list.some((entry) => entry === '*' || isMeant(entry, { host, port, address }));
}

interface Place {
  readonly host: string;
  readonly port: string;
  readonly address: IpAddress | undefined;
}

function isMeant(entry: string, { host, port, address }: Place): boolean {
  const [name, entryPort] = placeOf(entry);
  if (entryPort !== undefined && entryPort !== port) return false;
  if (address !== undefined) return isWithin(address, name);
  const suffix = name.replace(/^\*(?=\.)/, '');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

/** Name and port. More than one colon without brackets is an IPv6 address, which has no port then. */
function placeOf(entry: string): readonly [string, string | undefined] {
  const [, bracketed, ofBracketed] = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return [bracketed, ofBracketed];
  const [, name, port] = /^([^:]+):(\d+)$/.exec(entry) ?? [];
  return [name ?? entry, port];
}

/** Only addresses and ranges are looked at, and no names of ranges but the one that is asked for. */
function isWithin(address: IpAddress, range: string): boolean {
  if (range !== 'loopback' && !/[.:]/.test(range)) return false;
  return (parseAddressRanges(range) ?? []).some((each) => holdsAddress(each, address));
}
