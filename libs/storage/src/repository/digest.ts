import { StorageError } from './storage.error.js';

declare const brand: unique symbol;

/** `sha256:` and 64, or `sha512:` and 128 lower-case hexadecimal digits: the name of a content. OCI image-spec, descriptor.md. */
export type Digest = string & { readonly [brand]: 'Digest' };

/** Algorithms that the specification registers and Herald computes. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** @throws StorageError `DIGEST_INVALID` */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new StorageError(
    'DIGEST_INVALID',
    'a digest is sha256: or sha512: and lower-case hexadecimal digits',
  );
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512';
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** The part behind the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
