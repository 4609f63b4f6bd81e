import type { PatternErrorCode } from './patterns/pattern.error.js';

export type FilterErrorCode = PatternErrorCode | 'FILTER_EMPTY' | 'FILTER_INVALID' | 'FILTER_VALUE_UNKNOWN';

/** A filter that cannot be compiled: which of the endpoint's settings is at fault, and why. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  constructor(
    readonly code: FilterErrorCode,
    /** Where in the endpoint's options: `only.tags[2]`, `except[1].actions`. */
    readonly path: string,
    /** What is wrong there, without the path. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${reason}`, options);
  }
}
