export type AdoptionErrorCode =
  /** An import was interrupted: the volume is known in part. */
  | 'IMPORT_UNFINISHED'
  /** No import was ever finished here. */
  | 'NEVER_IMPORTED'
  /** Links are there that no import could read. */
  | 'UNREADABLE_LINKS'
  /** Links are there that no import has seen. */
  | 'UNKNOWN_LINKS';

/** Why a volume is not touched, and what to do about it. */
export class AdoptionError extends Error {
  override readonly name = 'AdoptionError';

  constructor(
    readonly code: AdoptionErrorCode,
    message: string,
  ) {
    super(message);
  }
}
