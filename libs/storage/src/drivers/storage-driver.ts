import type { Digest } from '../repository/digest.js';
import type { ByteRange, ByteSource } from '../repository/repository.js';

/**
 * Where the bytes of blobs lie. It knows files and their durability, and nothing of repositories: who may create or remove a blob's
 * file is decided by the blob's row.
 */
export abstract class StorageDriver {
  /** Creates the directories it needs. @throws when the place cannot be used */
  abstract prepare(): Promise<void>;

  /** @throws when the storage cannot be read or written at the moment */
  abstract check(): Promise<void>;

  /** Where a blob's file lies, whether it is there or not: a path relative to the storage's root, with slashes. */
  abstract blobPath(digest: Digest): string;

  /** `undefined` when there is no such file. */
  abstract blobSize(digest: Digest): Promise<number | undefined>;

  /** Pieces of a blob in order. A piece is valid until the next one is asked for. */
  abstract readBlob(digest: Digest, range: ByteRange): AsyncIterable<Uint8Array>;

  /** Removes a blob's file; that it was gone already is no fault. Durable when it resolves. */
  abstract removeBlob(digest: Digest): Promise<void>;

  /**
   * Makes a whole upload the file of a blob, beside the upload, which stays. A file that is there under the blob's name is replaced.
   * When it resolves, the bytes and every directory entry on the way to them are on stable storage. When the upload's bytes cannot be
   * brought there, the upload is gone: nothing tells any more which of them the disk holds.
   */
  abstract placeBlob(upload: string, digest: Digest): Promise<void>;

  /**
   * Brings to stable storage a blob's file that is there, with every directory entry on the way to it: whoever put it into place may
   * have been killed before that.
   */
  abstract secureBlob(digest: Digest): Promise<void>;

  /** Begins an upload. The key is `[a-z0-9.-]+`. */
  abstract createUpload(key: string): Promise<void>;

  /** `undefined` when there is no such upload. */
  abstract uploadSize(key: string): Promise<number | undefined>;

  /**
   * Appends at `offset`, cutting off what lies behind it. Calls `onWritten` with each piece after it was written, in order. When the
   * source breaks, what came before is kept. A blob that was made of the upload stays as it is. Resolves with the new length.
   */
  abstract appendUpload(
    key: string,
    offset: number,
    source: ByteSource,
    onWritten: (piece: Uint8Array) => void,
  ): Promise<number>;

  /** Pieces of an upload from its beginning. A piece is valid until the next one is asked for. */
  abstract readUpload(key: string): AsyncIterable<Uint8Array>;

  /** The keys of all uploads, in no order; of one that begins or ends meanwhile, maybe. */
  abstract listUploads(): AsyncIterable<string>;

  /** When an upload was begun or last written to, in ms since 1970; `undefined` when there is no such upload. */
  abstract uploadWrittenMs(key: string): Promise<number | undefined>;

  /** Removes an upload; that it was gone already is no fault. */
  abstract removeUpload(key: string): Promise<void>;
}
