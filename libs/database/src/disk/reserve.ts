import { randomBytes } from 'node:crypto';
import { rmSync, statSync, truncateSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { WritePurpose } from '../write-batch.js';
import { syncDirectory } from './durable-directory.js';

/** Of this many bytes each piece of the file is made. */
const PIECE_BYTES = 256 * 1024;

/** What is left of the reserve after each step, as a share of its size. */
const LEFT: Readonly<Record<WritePurpose, number>> = { change: 1, progress: 1 / 2, retention: 0 };

/**
 * Room that is kept for the moment when the disk is full: even deleting needs some. It is a file of random bytes, written and synced,
 * because a sparse file holds nothing, an allocated one holds nothing on a file system that copies on write, and equal bytes hold
 * nothing on one that compresses. (Where snapshots are kept, giving it up may make no room: nothing can be done about that from here.)
 *
 * It is given up in two steps: half of it so that endpoints' acknowledgements can be stored, the rest so that retention can delete.
 */
export class Reserve {
  #bytes: number;

  /** @param sizeBytes 0 keeps none */
  constructor(
    private readonly path: string,
    private readonly sizeBytes: number,
  ) {
    this.#bytes = lengthOf(path);
    if (this.#bytes > sizeBytes) this.#cut(sizeBytes);
  }

  /** Bytes that are there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that have to be written before it is whole. */
  get missingBytes(): number {
    return this.sizeBytes - this.#bytes;
  }

  /** Writes what is missing, of which a part may be given up meanwhile. @throws when there is no room; what was there before is there still */
  async build(): Promise<void> {
    if (this.missingBytes <= 0) return;
    const before = this.#bytes;
    const file = await open(this.path, 'a', 0o600);
    try {
      await this.#fill(file);
      await file.sync();
    } catch (error) {
      await file.truncate(Math.min(before, this.#bytes));
      throw error;
    } finally {
      await file.close();
    }
    syncDirectory(dirname(this.path));
    this.#bytes = lengthOf(this.path);
  }

  /** @returns whether there was something to give up for this */
  giveUp(purpose: WritePurpose): boolean {
    const left = Math.floor(this.sizeBytes * LEFT[purpose]);
    if (this.#bytes <= left) return false;
    return this.#cut(left);
  }

  async #fill(file: FileHandle): Promise<void> {
    let missing = this.missingBytes;
    const piece = randomBytes(Math.min(PIECE_BYTES, missing));
    while (missing > 0) {
      const { bytesWritten } = await file.write(piece, 0, Math.min(piece.length, missing));
      missing -= bytesWritten;
    }
  }

  #cut(bytes: number): boolean {
    try {
      if (bytes === 0) rmSync(this.path, { force: true });
      else truncateSync(this.path, bytes);
    } catch {
      return false;
    }
    this.#bytes = bytes;
    return true;
  }
}

function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
