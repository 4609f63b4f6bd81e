export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED';

/** No address of the endpoint may be connected to. It does not say which: whoever sees it must not learn of addresses. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = ADDRESS_REFUSED;

  constructor() {
    super('no address of the endpoint may be connected to');
  }
}
