import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { keyMaterial } from './key-material.js';
import { SigningKeyError } from './signing-key.error.js';

const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
const KEY_BYTES = 32;

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The private key that `whsk_…` holds: 32 bytes of seed, or the seed with its public key behind it. `undefined` when the text is another
 * kind of key.
 *
 * @throws SigningKeyError
 */
export function ed25519PrivateKey(text: string): KeyObject | undefined {
  const bytes = keyMaterial(text, PRIVATE_PREFIX);
  if (bytes === undefined) return undefined;
  if (bytes.length !== KEY_BYTES && bytes.length !== 2 * KEY_BYTES) {
    throw new SigningKeyError(
      `a private key must have 32 bytes of seed, or 64 with its public key, after ${PRIVATE_PREFIX}`,
    );
  }
  const seed = bytes.subarray(0, KEY_BYTES);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const announced = bytes.subarray(KEY_BYTES);
  if (announced.length > 0 && !announced.equals(publicBytes(createPublicKey(key)))) {
    throw new SigningKeyError('the two halves of a private key do not belong together');
  }
  return key;
}

/** The public key that `whpk_…` holds; `undefined` when the text is another kind of key. @throws SigningKeyError */
export function ed25519PublicKey(text: string): KeyObject | undefined {
  const bytes = keyMaterial(text, PUBLIC_PREFIX);
  if (bytes === undefined) return undefined;
  if (bytes.length !== KEY_BYTES)
    throw new SigningKeyError(`a public key must have 32 bytes after ${PUBLIC_PREFIX}`);
  const x = bytes.toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** A public key as Standard Webhooks writes it. */
export function ed25519PublicText(key: KeyObject): string {
  return PUBLIC_PREFIX + publicBytes(key).toString('base64');
}

/** The 32 bytes of a public key. */
export function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
