import type { IncomingMessage } from 'node:http';
import { StorageError, type ByteSource } from '@herald/storage';

/**
 * A request's body as it comes. Whoever stops reading leaves the connection open, so that the client can be told why; the rest of the
 * body is then thrown away.
 */
export async function* bodyOf(request: IncomingMessage): ByteSource {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } finally {
    if (!request.destroyed && !request.readableEnded) request.resume();
  }
}

/**
 * Reads a small body whole, and never more than `limitBytes`: the limit holds while it is read, whatever the client announced.
 *
 * @throws StorageError `MANIFEST_TOO_LARGE`
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) throw tooLarge(limitBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(request)) {
    length += chunk.length;
    if (length > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function tooLarge(limitBytes: number): StorageError {
  return new StorageError('MANIFEST_TOO_LARGE', `a manifest has at most ${limitBytes} bytes`);
}
