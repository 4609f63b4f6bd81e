import type { AddressOptions, EndpointTlsOptions, PemSource, WebhookOptions } from '@herald/notifications';

import type { EndpointConfig } from './sections/endpoint.config.js';
import type { AddressesConfig, EndpointTlsConfig } from './sections/trust.config.js';
import { fileOf } from './source/secret-reference.js';

/** Whom an endpoint trusts and is trusted by, as the notifications library takes it. */
export function compileTrust({
  signing,
  tls,
  addresses,
}: EndpointConfig): Pick<WebhookOptions, 'signing' | 'tls' | 'addresses'> {
  return {
    ...(signing.keys.length > 0 && { signing: { keys: [...signing.keys] } }),
    ...(tls && { tls: compileTls(tls) }),
    ...(addresses.allow.length + addresses.deny.length > 0 && { addresses: compileAddresses(addresses) }),
  };
}

export function compileAddresses({ allow, deny }: AddressesConfig): AddressOptions {
  return { allow: [...allow], deny: [...deny] };
}

/** Certificates and keys stay where they are when they are in files: they are read there, and again when they change. */
export function compileTls({
  ca,
  certificate,
  key,
  minimumtls,
  servername,
}: EndpointTlsConfig): EndpointTlsOptions {
  return {
    ...(ca && { ca: pemSource(ca) }),
    ...(certificate && { cert: pemSource(certificate) }),
    ...(key && { key: pemSource(key) }),
    minVersion: minimumtls === 'tls1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ...(servername && { serverName: servername }),
  };
}

function pemSource(text: string): PemSource {
  const file = fileOf(text);
  return file === undefined ? text : { file };
}
