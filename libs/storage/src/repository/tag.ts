import { isDigest, type Digest } from './digest.js';
import { StorageError } from './storage.error.js';

declare const brand: unique symbol;

/** A name that points at a manifest and may move. */
export type Tag = string & { readonly [brand]: 'Tag' };

/** How a client names a manifest: by what it is, or by where a tag points. */
export type Reference =
  { readonly kind: 'digest'; readonly digest: Digest } | { readonly kind: 'tag'; readonly tag: Tag };

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/** @throws StorageError `TAG_INVALID` */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text;
  throw new StorageError(
    'TAG_INVALID',
    'a tag is at most 128 characters: letters, digits, _, . and -, and does not begin with . or -',
  );
}

/**
 * A colon makes it a digest: nothing that looks like a digest is ever taken for a tag.
 *
 * @throws StorageError `DIGEST_INVALID`, `TAG_INVALID`
 */
export function parseReference(text: string): Reference {
  if (isDigest(text)) return { kind: 'digest', digest: text };
  if (text.includes(':')) {
    throw new StorageError(
      'DIGEST_INVALID',
      'a digest is sha256: or sha512: and lower-case hexadecimal digits',
    );
  }
  return { kind: 'tag', tag: parseTag(text) };
}
