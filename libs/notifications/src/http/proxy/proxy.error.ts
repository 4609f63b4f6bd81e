/**
 * What went wrong with a proxy, and not with the endpoint behind it.
 *
 * - `dns`, `connect`, `tls`, `address`, `timeout`: it could not be reached, as the faults of endpoints of these names
 * - `authentication`: it answered 407
 * - `refused`: it does not open connections to the endpoint
 * - `gateway`: it answered 5xx to the wish for a connection: it cannot reach the endpoint
 * - `settings`: the environment names one that is no http or https URL
 */
export type ProxyFault =
  'dns' | 'connect' | 'tls' | 'address' | 'timeout' | 'authentication' | 'refused' | 'gateway' | 'settings';

/** The proxy of an endpoint fails. It does not say which proxy: whoever sees it must not learn of its credentials. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'ERR_PROXY';

  constructor(readonly fault: ProxyFault) {
    super(`the proxy fails: ${fault}`);
  }
}
