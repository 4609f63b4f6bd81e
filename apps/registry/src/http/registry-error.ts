import type { StorageErrorCode } from '@herald/storage';

/** Codes that the HTTP side adds to the storage's: `PARAMETER_INVALID` of the admin API, `QUERY_INVALID` where OCI's list has none that fits. */
export type RegistryErrorCode =
  | StorageErrorCode
  | 'CONFIG_INVALID'
  | 'CONFLICT'
  | 'DEAD_LETTER_UNKNOWN'
  | 'ENDPOINT_UNKNOWN'
  | 'EVENTS_GONE'
  | 'EVENT_UNKNOWN'
  | 'NOT_FOUND'
  | 'PAGINATION_NUMBER_INVALID'
  | 'PARAMETER_INVALID'
  | 'QUERY_INVALID'
  | 'REPLAY_UNKNOWN'
  | 'TOO_MANY_TAGS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** A refusal that the HTTP side makes itself. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    readonly detail?: unknown,
  ) {
    super(message);
  }
}

interface Wire {
  readonly status: number;
  /** The code that clients know: one of OCI's, or of Distribution's where OCI has none. */
  readonly code: string;
}

/** The one place where a code becomes a status. OCI distribution-spec, "Error Codes". */
const WIRE: Readonly<Record<RegistryErrorCode, Wire>> = {
  BLOB_UNKNOWN: { status: 404, code: 'BLOB_UNKNOWN' },
  BLOB_UPLOAD_INVALID: { status: 400, code: 'BLOB_UPLOAD_INVALID' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
  CONFIG_INVALID: { status: 422, code: 'CONFIG_INVALID' },
  CONFLICT: { status: 409, code: 'CONFLICT' },
  DEAD_LETTER_UNKNOWN: { status: 404, code: 'DEAD_LETTER_UNKNOWN' },
  DIGEST_INVALID: { status: 400, code: 'DIGEST_INVALID' },
  DIGEST_UNSUPPORTED: { status: 400, code: 'DIGEST_INVALID' },
  ENDPOINT_UNKNOWN: { status: 404, code: 'ENDPOINT_UNKNOWN' },
  EVENTS_GONE: { status: 410, code: 'EVENTS_GONE' },
  EVENT_UNKNOWN: { status: 404, code: 'EVENT_UNKNOWN' },
  REPLAY_UNKNOWN: { status: 404, code: 'REPLAY_UNKNOWN' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' },
  MANIFEST_INVALID: { status: 400, code: 'MANIFEST_INVALID' },
  MANIFEST_TOO_LARGE: { status: 413, code: 'SIZE_INVALID' },
  MANIFEST_UNKNOWN: { status: 404, code: 'MANIFEST_UNKNOWN' },
  NAME_INVALID: { status: 400, code: 'NAME_INVALID' },
  NAME_UNKNOWN: { status: 404, code: 'NAME_UNKNOWN' },
  NOT_FOUND: { status: 404, code: 'UNSUPPORTED' },
  PAGINATION_NUMBER_INVALID: { status: 400, code: 'PAGINATION_NUMBER_INVALID' },
  PARAMETER_INVALID: { status: 400, code: 'PARAMETER_INVALID' },
  PRECONDITION_FAILED: { status: 412, code: 'DENIED' },
  QUERY_INVALID: { status: 400, code: 'UNSUPPORTED' },
  RANGE_INVALID: { status: 416, code: 'BLOB_UPLOAD_INVALID' },
  SIZE_INVALID: { status: 400, code: 'SIZE_INVALID' },
  TAG_INVALID: { status: 400, code: 'MANIFEST_INVALID' },
  TOO_MANY_TAGS: { status: 414, code: 'UNSUPPORTED' },
  UNAUTHORIZED: { status: 401, code: 'UNAUTHORIZED' },
  UNAVAILABLE: { status: 503, code: 'UNAVAILABLE' },
  UNKNOWN: { status: 500, code: 'UNKNOWN' },
  UNSUPPORTED: { status: 405, code: 'UNSUPPORTED' },
};

export function wireOf(code: RegistryErrorCode): Wire {
  return WIRE[code];
}
