import { listOf, oneOf } from '../schema/kinds.js';
import { addressRule, hostName, pem, signingKey } from '../schema/trust-kinds.js';
import { Key } from '../schema/section-schema.js';

export const TLS_VERSIONS = ['tls1.2', 'tls1.3'] as const;

/** `addresses`: where connections to endpoints may go. */
export class AddressesConfig {
  @Key(listOf(addressRule(), 'IP addresses, ranges and names of ranges'))
  allow: string[] = [];

  @Key(listOf(addressRule(), 'IP addresses, ranges and names of ranges'))
  deny: string[] = [];
}

/** `signing`: Standard Webhooks. */
export class SigningConfig {
  @Key(listOf(signingKey(), 'signing keys'))
  keys: string[] = [];
}

/** `tls`: how an endpoint proves who it is, and Herald to it. Files are read again when they change. */
export class EndpointTlsConfig {
  @Key(pem('certificates'))
  ca?: string;

  @Key(pem('a certificate'))
  certificate?: string;

  @Key(pem('a private key'))
  key?: string;

  /** As upstream writes versions in `http.tls.minimumtls`. */
  @Key(oneOf(TLS_VERSIONS))
  minimumtls: (typeof TLS_VERSIONS)[number] = 'tls1.2';

  @Key(hostName())
  servername?: string;
}
