export type PatternErrorCode = 'PATTERN_INVALID' | 'PATTERN_TOO_LARGE';

/** A pattern that cannot be compiled. The message says what is wrong with it, without repeating it. */
export class PatternError extends Error {
  override readonly name = 'PatternError';

  constructor(
    readonly code: PatternErrorCode,
    message: string,
  ) {
    super(message);
  }
}
