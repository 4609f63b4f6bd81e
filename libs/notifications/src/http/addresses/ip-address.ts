import { isIP } from 'node:net';

/** An IP address as a number. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Bits of an address. */
export const WIDTH = { 4: 32, 6: 128 } as const;

const GROUPS = 8;

/** The address that a text writes, in any of its forms; a zone is left out. `undefined` when it is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const [address = ''] = text.replace(/^\[(.*)\]$/, '$1').split('%');
  switch (isIP(address)) {
    case 4:
      return { family: 4, value: ipv4Value(address) };
    case 6:
      return { family: 6, value: ipv6Value(address) };
    default:
      return undefined;
  }
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const missing = Array.from({ length: GROUPS - before.length - after.length }, () => 0n);
  return [...before, ...missing, ...after].reduce((value, group) => (value << 16n) | group, 0n);
}

/** The last 32 bits may be written as an IPv4 address. */
function groupsOf(text: string): readonly bigint[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (!group.includes('.')) return [BigInt(`0x${group}`)];
      const value = ipv4Value(group);
      return [value >> 16n, value & 0xffffn];
    });
}
