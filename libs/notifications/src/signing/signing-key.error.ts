/** A key that is none. The message says what a key looks like, and nothing of this one. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
  readonly code = 'SIGNING_KEY_INVALID';
}
