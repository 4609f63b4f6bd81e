import { createSecretKey, type KeyObject } from 'node:crypto';
import { keyMaterial } from './key-material.js';
import { SigningKeyError } from './signing-key.error.js';

const PREFIX = 'whsec_';
/** Bytes of a secret, by Standard Webhooks 1.0. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** The secret that `whsec_…` holds; `undefined` when the text is another kind of key. @throws SigningKeyError */
export function sharedSecret(text: string): KeyObject | undefined {
  const bytes = keyMaterial(text, PREFIX);
  if (bytes === undefined) return undefined;
  if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) {
    throw new SigningKeyError(
      `a shared secret must have ${MIN_BYTES} to ${MAX_BYTES} bytes, in base64 after ${PREFIX}`,
    );
  }
  return createSecretKey(bytes);
}
