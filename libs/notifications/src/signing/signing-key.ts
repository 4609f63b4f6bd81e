import { createHmac, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { ed25519PrivateKey } from './ed25519-keys.js';
import { sharedSecret } from './shared-secret.js';
import { SigningKeyError } from './signing-key.error.js';

/** A key that requests are signed with. It holds no text: what prints it shows no secret. */
export type SigningKey =
  | { readonly version: 'v1'; readonly secret: KeyObject }
  | { readonly version: 'v1a'; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** Reads `whsec_…` (HMAC-SHA256, `v1`) or `whsk_…` (Ed25519, `v1a`). @throws SigningKeyError, without the key in it */
export function parseSigningKey(text: string): SigningKey {
  const secret = sharedSecret(text);
  if (secret !== undefined) return { version: 'v1', secret };
  const privateKey = ed25519PrivateKey(text);
  if (privateKey !== undefined) return { version: 'v1a', privateKey, publicKey: createPublicKey(privateKey) };
  throw new SigningKeyError('a signing key must begin with whsec_ or whsk_');
}

/** One signature as the header carries it: its version, a comma, base64. */
export function signatureOf(key: SigningKey, content: Uint8Array): string {
  const bytes = key.version === 'v1' ? hmac(key.secret, content) : sign(null, content, key.privateKey);
  return `${key.version},${bytes.toString('base64')}`;
}

/** HMAC-SHA256 of the signed content. */
export function hmac(secret: KeyObject, content: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(content).digest();
}
