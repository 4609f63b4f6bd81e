import { parseIpAddress, WIDTH, type IpAddress } from './ip-address.js';

/** All addresses that begin with the same bits. */
export interface AddressRange extends IpAddress {
  readonly prefixLength: number;
}

/** Ranges that have a name. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  any: ['0.0.0.0/0', '::/0'],
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  /** Behind carrier-grade NAT: RFC 6598. */
  shared: ['100.64.0.0/10'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  /** Where clouds hand out credentials: AWS, Azure, Google, Oracle, Alibaba, Scaleway. */
  metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '168.63.129.16',
    '192.0.0.192',
    '100.100.100.200',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
  ],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  unspecified: ['0.0.0.0/8', '::'],
  broadcast: ['255.255.255.255'],
};

/** Names that stand for ranges in a list of addresses. */
export const RANGE_NAMES: readonly string[] = Object.keys(NAMED);

/** IPv4 addresses as IPv6 sockets show them: RFC 4291 §2.5.5.2. */
const MAPPED_PREFIX = 0xffffn;
const MAPPED_LENGTH = 96;

/** The ranges that a text means: an address, a range in CIDR notation, or a name. `undefined` when it means none. */
export function parseAddressRanges(text: string): readonly AddressRange[] | undefined {
  const named = Object.hasOwn(NAMED, text) ? NAMED[text] : undefined;
  const ranges = (named ?? [text]).map(rangeOf);
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** Whether an address is one of the range's. */
export function holdsAddress({ family, value, prefixLength }: AddressRange, address: IpAddress): boolean {
  if (family !== address.family) return false;
  const rest = BigInt(WIDTH[family] - prefixLength);
  return value >> rest === address.value >> rest;
}

/** An IPv4 address in place of the IPv6 address that maps it. */
export function withoutMapping(address: IpAddress): IpAddress {
  return isMapped(address) ? { family: 4, value: address.value & 0xffff_ffffn } : address;
}

function isMapped({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 32n === MAPPED_PREFIX;
}

function rangeOf(text: string): AddressRange | undefined {
  const [, host = '', digits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = parseIpAddress(host);
  if (address === undefined) return undefined;
  const prefixLength = Number(digits ?? WIDTH[address.family]);
  if (prefixLength > WIDTH[address.family]) return undefined;
  return isMapped(address) && prefixLength >= MAPPED_LENGTH
    ? { ...withoutMapping(address), prefixLength: prefixLength - MAPPED_LENGTH }
    : { ...address, prefixLength };
}
