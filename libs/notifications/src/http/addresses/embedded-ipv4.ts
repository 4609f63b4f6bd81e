import { parseIpAddress, type IpAddress } from './ip-address.js';

const LOW_32 = 0xffff_ffffn;

/** Bits of an IPv6 address, counted from its left end as the RFCs do. */
function bits(value: bigint, from: number, length: number): bigint {
  return (value >> BigInt(128 - from - length)) & ((1n << BigInt(length)) - 1n);
}

/** A kind of IPv6 address that leads to IPv4 ones, and where they are in it. */
interface Embedding {
  readonly prefix: string;
  readonly length: number;
  readonly addresses: (value: bigint) => readonly bigint[];
}

const EMBEDDINGS: readonly Embedding[] = [
  // NAT64, RFC 6052.
  { prefix: '64:ff9b::', length: 96, addresses: (value) => [value & LOW_32] },
  { prefix: '64:ff9b:1::', length: 48, addresses: localNat64 },
  // 6to4, RFC 3056.
  { prefix: '2002::', length: 16, addresses: (value) => [bits(value, 16, 32)] },
  // Teredo, RFC 4380: its server, and its client behind it with all bits turned.
  { prefix: '2001::', length: 32, addresses: (value) => [bits(value, 32, 32), (value & LOW_32) ^ LOW_32] },
  // IPv4-translated, RFC 2765, and IPv4-compatible, RFC 4291 §2.5.5.1.
  { prefix: '::ffff:0:0:0', length: 96, addresses: (value) => [value & LOW_32] },
  { prefix: '::', length: 96, addresses: (value) => (value > 1n ? [value & LOW_32] : []) },
  // ISATAP, RFC 5214 §6.1: below any prefix, told by the interface identifier.
  { prefix: '::', length: 0, addresses: (value) => (isIsatap(value) ? [value & LOW_32] : []) },
];

/** Bits of an interface identifier that ISATAP fixes: all of its first half but the one for a global address. */
const ISATAP_MASK = 0xfdff_ffffn;
const ISATAP = 0x0000_5efen;

function isIsatap(value: bigint): boolean {
  return (bits(value, 64, 32) & ISATAP_MASK) === ISATAP;
}

/** The IPv4 addresses that a connection to this IPv6 address can end at, by a translator or a tunnel on its way. */
export function embeddedIpv4({ family, value }: IpAddress): readonly IpAddress[] {
  if (family === 4) return [];
  return EMBEDDINGS.filter(({ prefix, length }) => begins(value, prefix, length))
    .flatMap(({ addresses }) => addresses(value))
    .map((address) => ({ family: 4, value: address }));
}

function begins(value: bigint, prefix: string, length: number): boolean {
  const start = parseIpAddress(prefix)?.value ?? 0n;
  return bits(value, 0, length) === bits(start, 0, length);
}

/**
 * NAT64 prefixes of one's own, RFC 8215: a prefix of 48, 56, 64 or 96 bits, and nobody can tell which. So every place where RFC 6052 §2.2
 * puts an address is read. What begins with a zero there is no address, but the zeros of a longer prefix.
 */
function localNat64(value: bigint): readonly bigint[] {
  return [
    (bits(value, 48, 16) << 16n) | bits(value, 72, 16),
    (bits(value, 56, 8) << 24n) | bits(value, 72, 24),
    bits(value, 72, 32),
    value & LOW_32,
  ].filter((address) => address >> 24n !== 0n);
}
