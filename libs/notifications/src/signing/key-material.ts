import { SigningKeyError } from './signing-key.error.js';

/** Standard base64, with or without its padding. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What a key's text has after its prefix. `undefined` when the text has another prefix. */
export function keyMaterial(text: string, prefix: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const encoded = text.slice(prefix.length).trimEnd();
  const bytes = Buffer.from(encoded, 'base64');
  // Node reads what it can of a text that is no base64: only one that it would write the same is taken.
  const canonical = bytes.toString('base64').replaceAll('=', '') === encoded.replace(/={1,2}$/, '');
  if (!BASE64.test(encoded) || !canonical) {
    throw new SigningKeyError(`a key must have base64 after ${prefix}`);
  }
  return bytes;
}
