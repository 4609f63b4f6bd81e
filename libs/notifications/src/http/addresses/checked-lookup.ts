import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { AddressGuard } from './address-guard.js';
import { AddressRefusedError } from './address-refused.error.js';
import type { HostResolver, ResolvedAddress } from './host-resolver.js';

/**
 * The `lookup` of a socket: resolves a name once, and gives only those of its addresses that the guard allows. The socket connects to
 * what it is given, so that nothing can be swapped between the check and the connection. Node asks it for names alone: literal addresses
 * are checked where the connection is made.
 */
export function checkedLookup(resolver: HostResolver, guard: AddressGuard): LookupFunction {
  const find = callbackify(async (hostname: string, family: 0 | 4 | 6): Promise<Allowed> => {
    const addresses = await resolver.resolve(hostname, family);
    const [first, ...others] = addresses.filter(({ address }) => guard.allows(address));
    if (first === undefined) throw new AddressRefusedError();
    return [first, ...others];
  });
  return (hostname, options, callback) => {
    find(hostname, familyOf(options.family), (error, addresses) => {
      if (error !== null) callback(error, '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

type Allowed = [ResolvedAddress, ...ResolvedAddress[]];

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  return family === 6 || family === 'IPv6' ? 6 : 0;
}
