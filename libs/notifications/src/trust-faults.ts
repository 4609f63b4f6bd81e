import { parseAddressRanges, RANGE_NAMES } from './http/addresses/address-range.js';
import { readPem } from './http/tls-files.js';
import { readTlsMaterial, type ReadText } from './http/tls-material.js';
import type { AddressOptions, EndpointTlsOptions, SigningOptions } from './notifications.options.js';
import { SigningKeyError } from './signing/signing-key.error.js';
import { parseSigningKey } from './signing/signing-key.js';

/** Something that is wrong with whom an endpoint trusts, or is trusted by; never the value. */
export interface TrustFault {
  /** Within the section: `keys[1]`, `allow[0]`, `cert`. */
  readonly path: string;
  readonly reason: string;
}

/** Why a text is no signing key; `undefined` for a good one. It says nothing of the text. */
export function signingKeyFault(text: string): string | undefined {
  try {
    parseSigningKey(text);
    return undefined;
  } catch (error) {
    if (error instanceof SigningKeyError) return error.message;
    throw error;
  }
}

/** Whether a text means addresses: an IP address, a range, or the name of one. */
export function isAddressRange(text: string): boolean {
  return parseAddressRanges(text) !== undefined;
}

export function signingFaults(signing: SigningOptions | undefined): readonly TrustFault[] {
  return (signing?.keys ?? []).flatMap((key, index) => {
    const reason = signingKeyFault(key);
    return reason === undefined ? [] : [{ path: `keys[${index}]`, reason }];
  });
}

export function addressFaults(addresses: AddressOptions | undefined): readonly TrustFault[] {
  const reason = `must be an IP address, a range in CIDR notation, or one of ${RANGE_NAMES.join(', ')}`;
  return (['allow', 'deny'] as const).flatMap((list) =>
    (addresses?.[list] ?? []).flatMap((text, index) =>
      isAddressRange(text) ? [] : [{ path: `${list}[${index}]`, reason }],
    ),
  );
}

/** Reads the files that are named, and sees whether what is in them can be used. */
export function tlsFaults(
  tls: EndpointTlsOptions | undefined,
  readText: ReadText = readPem,
): readonly TrustFault[] {
  if (tls === undefined) return [];
  const reading = readTlsMaterial(tls, readText);
  return reading.ok ? [] : reading.faults.map(({ setting, reason }) => ({ path: setting, reason }));
}
