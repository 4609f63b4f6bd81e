import type { AddressOptions } from '../../notifications.options.js';
import { holdsAddress, parseAddressRanges, withoutMapping, type AddressRange } from './address-range.js';
import { embeddedIpv4 } from './embedded-ipv4.js';
import { parseIpAddress, type IpAddress } from './ip-address.js';

interface AddressRule {
  readonly range: AddressRange;
  readonly allowed: boolean;
}

/** What nobody gets to unless it is named: no webhook lives there, and cloud credentials do. */
const NEVER: AddressOptions = { deny: ['link-local', 'metadata', 'multicast', 'unspecified', 'broadcast'] };

/**
 * Judges the addresses that an endpoint may be reached at. Of all ranges that hold an address the narrowest decides; of equally narrow
 * ones the endpoint's own before those for all endpoints before the built-in ones, and a refusal before a permission. What no range holds
 * is allowed. So `allow: [169.254.0.0/16]` opens link-local addresses and not the metadata service among them, and
 * `deny: [any], allow: [10.0.0.0/8]` leaves nothing but that network.
 *
 * An IPv6 address that leads to an IPv4 one must be allowed, and the IPv4 one too.
 */
export class AddressGuard {
  readonly #rules: readonly AddressRule[];

  /** @param lists from the weakest to the strongest */
  constructor(...lists: readonly (AddressOptions | undefined)[]) {
    this.#rules = [NEVER, ...lists]
      .flatMap(rulesOf)
      .toSorted((a, b) => a.range.prefixLength - b.range.prefixLength);
  }

  /** False also for what is no IP address. */
  allows(text: string): boolean {
    const address = parseIpAddress(text);
    if (address === undefined) return false;
    const plain = withoutMapping(address);
    return [plain, ...embeddedIpv4(plain)].every((each) => this.#judges(each));
  }

  #judges(address: IpAddress): boolean {
    // Sorting kept the order of equally narrow ones, so the last one that holds it is the one that decides.
    return this.#rules.findLast(({ range }) => holdsAddress(range, address))?.allowed ?? true;
  }
}

function rulesOf({ allow = [], deny = [] }: AddressOptions = {}): readonly AddressRule[] {
  const rules = (texts: readonly string[], allowed: boolean) =>
    texts.flatMap((text) => (parseAddressRanges(text) ?? []).map((range) => ({ range, allowed })));
  return [...rules(allow, true), ...rules(deny, false)];
}
