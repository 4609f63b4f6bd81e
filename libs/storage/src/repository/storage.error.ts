/** What went wrong, in the words of the OCI distribution specification where it has one. */
export type StorageErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'DIGEST_UNSUPPORTED'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_TOO_LARGE'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PRECONDITION_FAILED'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAVAILABLE';

/** Every refusal of the storage. The message may be shown to a client; `detail` is for programs. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly detail: unknown;

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options: ErrorOptions & { detail?: unknown } = {},
  ) {
    super(message, options);
    this.detail = options.detail;
  }
}
