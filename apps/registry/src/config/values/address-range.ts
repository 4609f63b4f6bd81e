import { isIP } from 'node:net';

/** The machine itself: the proxies that are believed unless the configuration names others. */
export const LOOPBACK_RANGES: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Reads an IP address or a range in CIDR notation into CIDR notation. Undefined when it is neither. */
export function parseAddressRange(text: string): string | undefined {
  const [, address = '', digits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(address);
  const widest = family === 6 ? 128 : 32;
  const prefixLength = Number(digits ?? widest);
  return family === 0 || prefixLength > widest ? undefined : `${address}/${prefixLength}`;
}
