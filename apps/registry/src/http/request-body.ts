import type { IncomingMessage } from 'node:http';
import { StorageError } from '@herald/storage';

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
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function tooLarge(limitBytes: number): StorageError {
  return new StorageError('MANIFEST_TOO_LARGE', `a manifest has at most ${limitBytes} bytes`);
}
