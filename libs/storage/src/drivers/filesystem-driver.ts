import { access, constants, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestHex, type Digest } from '../repository/digest.js';
import type { ByteRange, ByteSource } from '../repository/repository.js';
import { BufferPool } from './buffer-pool.js';
import { linkDurably, sync } from './durable-files.js';
import { readPieces, writePieces } from './file-pieces.js';
import { StorageDriver } from './storage-driver.js';

const PIECE_BYTES = 1024 * 1024;
const KEPT_BUFFERS = 16;

/**
 * Blobs in Distribution's own layout, so that either program can read the other's:
 *
 * ```
 * <root>/docker/registry/v2/blobs/sha256/<2 hex>/<hex>/data
 * <root>/herald/uploads/<key>
 * ```
 *
 * Both lie on one file system, so that a finished upload becomes a blob by a second name and not by a copy.
 */
export class FilesystemDriver extends StorageDriver {
  readonly #blobs: string;
  readonly #uploads: string;
  readonly #buffers = new BufferPool(PIECE_BYTES, KEPT_BUFFERS);

  constructor(root: string) {
    super();
    this.#blobs = join(root, 'docker', 'registry', 'v2', 'blobs', 'sha256');
    this.#uploads = join(root, 'herald', 'uploads');
  }

  override async prepare(): Promise<void> {
    await mkdir(this.#uploads, { recursive: true });
    await mkdir(this.#blobs, { recursive: true });
    await this.check();
  }

  override async check(): Promise<void> {
    await access(this.#uploads, constants.R_OK | constants.W_OK);
    await access(this.#blobs, constants.R_OK | constants.W_OK);
  }

  override blobSize(digest: Digest): Promise<number | undefined> {
    return sizeOf(this.#blob(digest));
  }

  override readBlob(digest: Digest, range: ByteRange): AsyncIterable<Uint8Array> {
    return readPieces(this.#blob(digest), range, this.#buffers);
  }

  override async removeBlob(digest: Digest): Promise<void> {
    const directory = dirname(this.#blob(digest));
    await rm(directory, { recursive: true, force: true });
    await sync(dirname(directory));
  }

  override async placeBlob(upload: string, digest: Digest): Promise<void> {
    await sync(this.#upload(upload));
    await linkDurably(this.#upload(upload), this.#blob(digest));
  }

  override async createUpload(key: string): Promise<void> {
    await (await open(this.#upload(key), 'wx')).close();
  }

  override uploadSize(key: string): Promise<number | undefined> {
    return sizeOf(this.#upload(key));
  }

  override async appendUpload(
    key: string,
    offset: number,
    source: ByteSource,
    onWritten: (piece: Uint8Array) => void,
  ): Promise<number> {
    const handle = await open(this.#upload(key), 'r+');
    let length = offset;
    try {
      return await writePieces(handle, offset, source, this.#buffers, (piece) => {
        length += piece.length;
        onWritten(piece);
      });
    } finally {
      // A write that failed half way may have left bytes that nobody was told of.
      await handle.truncate(length);
      await handle.close();
    }
  }

  override async *readUpload(key: string): AsyncGenerator<Uint8Array> {
    const size = (await this.uploadSize(key)) ?? 0;
    if (size > 0) yield* readPieces(this.#upload(key), { start: 0, end: size - 1 }, this.#buffers);
  }

  override async removeUpload(key: string): Promise<void> {
    await rm(this.#upload(key), { force: true });
  }

  #blob(digest: Digest): string {
    const hex = digestHex(digest);
    return join(this.#blobs, hex.slice(0, 2), hex, 'data');
  }

  #upload(key: string): string {
    return join(this.#uploads, key);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
