import { fstatSync, type Stats } from 'node:fs';
import {
  access,
  constants,
  copyFile,
  open,
  opendir,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { digestHex, type Digest } from '../repository/digest.js';
import type { ByteRange, ByteSource } from '../repository/repository.js';
import { BufferPool } from './buffer-pool.js';
import { DurableFiles } from './durable-files.js';
import { failedWith } from './file-error.js';
import { readPieces, writePieces } from './file-pieces.js';
import { StorageDriver } from './storage-driver.js';

/** A quarter of the memory of a megabyte, at nine tenths of its speed: each transfer under way holds one. */
const PIECE_BYTES = 256 * 1024;
const KEPT_BUFFERS = 64;

const BLOBS = 'docker/registry/v2/blobs/sha256';

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
  readonly #root: string;
  readonly #blobs: string;
  readonly #uploads: string;
  readonly #buffers = new BufferPool(PIECE_BYTES, KEPT_BUFFERS);
  readonly #prefixes = new Map<string, Promise<void>>();

  constructor(
    root: string,
    private readonly files: DurableFiles = new DurableFiles(),
  ) {
    super();
    this.#root = resolve(root);
    this.#blobs = join(this.#root, BLOBS);
    this.#uploads = join(this.#root, 'herald', 'uploads');
  }

  override async prepare(): Promise<void> {
    await this.files.makeDirectory(this.#uploads, this.#root);
    await this.files.makeDirectory(this.#blobs, this.#root);
    await this.check();
  }

  override async check(): Promise<void> {
    await access(this.#uploads, constants.R_OK | constants.W_OK);
    await access(this.#blobs, constants.R_OK | constants.W_OK);
  }

  override blobPath(digest: Digest): string {
    const hex = digestHex(digest);
    return posix.join(BLOBS, hex.slice(0, 2), hex, 'data');
  }

  override blobSize(digest: Digest): Promise<number | undefined> {
    return sizeOf(this.#blob(digest));
  }

  override readBlob(digest: Digest, range: ByteRange): AsyncIterable<Uint8Array> {
    return readPieces(this.#blob(digest), range, this.#buffers);
  }

  override async removeBlob(digest: Digest): Promise<void> {
    await this.files.removeDirectory(dirname(this.#blob(digest)));
  }

  override async placeBlob(upload: string, digest: Digest): Promise<void> {
    const file = this.#upload(upload);
    const blob = this.#blob(digest);
    try {
      await this.files.sync(file);
    } catch (error) {
      // The kernel reports a failed write-back once and then takes the pages for clean: syncing again would lie.
      await rm(file, { force: true });
      throw error;
    }
    await this.#preparePrefix(dirname(dirname(blob)));
    await this.files.link(file, blob);
  }

  override async secureBlob(digest: Digest): Promise<void> {
    const blob = this.#blob(digest);
    await this.files.sync(blob);
    await this.files.sync(dirname(blob));
    await this.files.makeDirectory(dirname(dirname(blob)), this.#blobs);
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
    const handle = await openAlone(this.#upload(key));
    let length = offset;
    try {
      return await writePieces(handle, offset, source, this.#buffers, (piece) => {
        length += piece.length;
        onWritten(piece);
      });
    } finally {
      try {
        // A write that failed half way may have left bytes that nobody was told of.
        await handle.truncate(length);
      } finally {
        await handle.close();
      }
    }
  }

  override async *readUpload(key: string): AsyncGenerator<Uint8Array> {
    const size = (await this.uploadSize(key)) ?? 0;
    if (size > 0) yield* readPieces(this.#upload(key), { start: 0, end: size - 1 }, this.#buffers);
  }

  override async *listUploads(): AsyncGenerator<string> {
    for await (const entry of await opendir(this.#uploads)) if (entry.isFile()) yield entry.name;
  }

  override async uploadWrittenMs(key: string): Promise<number | undefined> {
    return (await statusOf(this.#upload(key)))?.mtimeMs;
  }

  override async removeUpload(key: string): Promise<void> {
    await rm(this.#upload(key), { force: true });
  }

  /**
   * Makes the directory of the first two digits durable, once in the life of the process. Whoever needs it waits for that: the one who
   * finds it there must not be faster than the one who is still syncing it.
   */
  #preparePrefix(directory: string): Promise<void> {
    let prepared = this.#prefixes.get(directory);
    if (prepared === undefined) {
      prepared = this.files.makeDirectory(directory, this.#blobs).catch((error: unknown) => {
        this.#prefixes.delete(directory);
        throw error;
      });
      this.#prefixes.set(directory, prepared);
    }
    return prepared;
  }

  #blob(digest: Digest): string {
    return join(this.#root, this.blobPath(digest));
  }

  #upload(key: string): string {
    return join(this.#uploads, key);
  }
}

/**
 * Opens an upload that is the file of nothing else. Whoever was killed, or refused, between placing a blob and ending its upload left
 * two names of one file: what is appended to the upload would be appended to the blob. What an open file is waits for no disk.
 */
async function openAlone(file: string): Promise<FileHandle> {
  const handle = await open(file, 'r+');
  if (fstatSync(handle.fd).nlink === 1) return handle;
  await handle.close();
  const copy = `${file}.copy`;
  await copyFile(file, copy, constants.COPYFILE_FICLONE);
  await rename(copy, file);
  return open(file, 'r+');
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await statusOf(path))?.size;
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return undefined;
    throw error;
  }
}
