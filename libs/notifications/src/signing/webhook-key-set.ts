import { createHash, type KeyObject } from 'node:crypto';
import { ed25519PublicText, publicBytes } from './ed25519-keys.js';
import type { SigningKey } from './signing-key.js';

/** A public key that receivers check `v1a` signatures with: a JSON Web Key (RFC 8037), and the text of Standard Webhooks beside it. */
export interface WebhookPublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
  /** Its thumbprint (RFC 7638). */
  readonly kid: string;
  /** `whpk_…` */
  readonly webhookKey: string;
}

/** A JSON Web Key Set (RFC 7517 §5). */
export interface WebhookKeySet {
  readonly keys: readonly WebhookPublicKey[];
}

/** The public halves of these keys, each once. Shared secrets have none. */
export function webhookKeySet(keys: readonly SigningKey[]): WebhookKeySet {
  const byId = new Map<string, WebhookPublicKey>();
  for (const key of keys) {
    if (key.version !== 'v1a') continue;
    const published = publicKeyOf(key.publicKey);
    byId.set(published.kid, published);
  }
  return { keys: [...byId.values()] };
}

function publicKeyOf(key: KeyObject): WebhookPublicKey {
  const x = publicBytes(key).toString('base64url');
  // RFC 7638 §3: the required members alone, in the order of their names.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, use: 'sig', alg: 'EdDSA', kid, webhookKey: ed25519PublicText(key) };
}
