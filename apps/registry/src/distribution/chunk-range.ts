import type { IncomingMessage } from 'node:http';
import { StorageError, type ByteSource, type Chunk } from '@herald/storage';
import { bodyOf } from '../http/request-body.js';

/** OCI end-5: first and last byte, both included, and no unit. */
const CONTENT_RANGE = /^(\d{1,15})-(\d{1,15})$/;

/**
 * The body of a request as a chunk; one without a range is appended wherever the upload stands (docker, crane and skopeo do so).
 * Whether it is as long as its range says is known at once from `Content-Length`, and else when it has come: then its bytes break off
 * with that error.
 *
 * @throws StorageError `RANGE_INVALID` for a range that is none, `SIZE_INVALID` when it is not as long as the body
 */
export function chunkOf(request: IncomingMessage): Chunk {
  const header = request.headers['content-range'];
  if (header === undefined) return { source: bodyOf(request) };
  const [, from, to] = CONTENT_RANGE.exec(header) ?? [];
  const start = Number(from);
  const end = Number(to);
  if (from === undefined || end < start) {
    throw new StorageError('RANGE_INVALID', 'Content-Range of a chunk is <first byte>-<last byte>');
  }
  const sizeBytes = end - start + 1;
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) !== sizeBytes) throw wrongSize();
  return { source: exactly(sizeBytes, bodyOf(request)), at: start };
}

async function* exactly(sizeBytes: number, source: ByteSource): ByteSource {
  let missing = sizeBytes;
  for await (const piece of source) {
    missing -= piece.length;
    if (missing < 0) throw wrongSize();
    yield piece;
  }
  if (missing > 0) throw wrongSize();
}

function wrongSize(): StorageError {
  return new StorageError('SIZE_INVALID', 'the body is not as long as its Content-Range');
}
