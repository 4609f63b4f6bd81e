import { open, type FileHandle } from 'node:fs/promises';
import type { ByteRange, ByteSource } from '../repository/repository.js';
import type { BufferPool } from './buffer-pool.js';

/**
 * Reads a part of a file in pieces of a pooled buffer: memory is one buffer, whatever the length.
 *
 * @throws when the file ends before the range does: its length was known, so it is not the file it was
 */
export async function* readPieces(
  path: string,
  range: ByteRange,
  pool: BufferPool,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  const buffer = pool.take();
  try {
    let position = range.start;
    while (position <= range.end) {
      const wanted = Math.min(buffer.length, range.end - position + 1);
      const { bytesRead } = await handle.read(buffer, 0, wanted, position);
      if (bytesRead === 0) throw new Error('a file is shorter than its record says');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    pool.give(buffer);
    await handle.close();
  }
}

/**
 * Writes a stream from `offset` on, gathered into large pieces: a system call and a hash update per network packet would cost more
 * than the copying. When the source breaks, what it gave is written all the same, and its error goes on to the caller.
 *
 * @returns the file's new length
 */
export async function writePieces(
  handle: FileHandle,
  offset: number,
  source: ByteSource,
  pool: BufferPool,
  onWritten: (piece: Uint8Array) => void,
): Promise<number> {
  const buffer = pool.take();
  let position = offset;
  let filled = 0;
  const flush = async () => {
    const piece = buffer.subarray(0, filled);
    await writeAll(handle, piece, position);
    onWritten(piece);
    position += filled;
    filled = 0;
  };
  try {
    try {
      for await (const chunk of source) {
        for (let from = 0; from < chunk.length;) {
          const taken = Math.min(chunk.length - from, buffer.length - filled);
          buffer.set(chunk.subarray(from, from + taken), filled);
          filled += taken;
          from += taken;
          if (filled === buffer.length) await flush();
        }
      }
    } finally {
      if (filled > 0) await flush();
    }
    return position;
  } finally {
    pool.give(buffer);
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < piece.length;) {
    const { bytesWritten } = await handle.write(piece, written, piece.length - written, position + written);
    written += bytesWritten;
  }
}
