/**
 * - `DIRECTORY_UNUSABLE` the directory is not one that a backup can be written to
 * - `UNDER_WAY` another backup is being made
 */
export type BackupErrorCode = 'DIRECTORY_UNUSABLE' | 'UNDER_WAY';

/** A backup that was not begun. */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    readonly code: BackupErrorCode,
    message: string,
  ) {
    super(message);
  }
}
