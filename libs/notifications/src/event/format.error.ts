export type FormatErrorCode = 'NO_EVENTS' | 'TOO_MANY_EVENTS';

/** A format was asked for a request that it cannot make. */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(
    readonly code: FormatErrorCode,
    message: string,
  ) {
    super(message);
  }

  /** @throws FormatError unless there are 1 to `max` events */
  static checkCount(count: number, max: number): void {
    if (count === 0) throw new FormatError('NO_EVENTS', 'a request carries at least one event');
    if (count > max)
      throw new FormatError('TOO_MANY_EVENTS', `a request in this format carries no more than ${max}`);
  }
}
