import type { IncomingHttpHeaders } from 'node:http';
import { StorageError } from '@herald/storage';

/** OCI end-5: first and last byte, both included, and no unit. */
const CONTENT_RANGE = /^(\d{1,15})-(\d{1,15})$/;

/**
 * Where a chunk says it begins; `undefined` for a body that says nothing, which is appended (docker, crane and skopeo do so).
 *
 * @throws StorageError `RANGE_INVALID` for a range that is none, `SIZE_INVALID` when it is not as long as the body
 */
export function chunkStart(headers: IncomingHttpHeaders): number | undefined {
  const header = headers['content-range'];
  if (header === undefined) return undefined;
  const [, from, to] = CONTENT_RANGE.exec(header) ?? [];
  const start = Number(from);
  const end = Number(to);
  if (from === undefined || end < start) {
    throw new StorageError('RANGE_INVALID', 'Content-Range of a chunk is <first byte>-<last byte>');
  }
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== end - start + 1) {
    throw new StorageError('SIZE_INVALID', 'Content-Length is not the length of the Content-Range');
  }
  return start;
}
