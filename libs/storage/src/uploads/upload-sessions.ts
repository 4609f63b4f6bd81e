import { createHash, randomUUID } from 'node:crypto';
import type { BlobArrivals } from '../blobs/blob-arrivals.js';
import { KeyedLock } from '../blobs/keyed-lock.js';
import { failedWith } from '../drivers/file-error.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { Alongside, BlobPushed } from '../repository/change.js';
import { BLOB_MEDIA_TYPE, type Descriptor } from '../repository/descriptor.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ByteSource, UploadStatus } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import { UploadHashes } from './upload-hashes.js';

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/**
 * Upload sessions of all repositories. A session is its file: its offset is the file's length, and its being there is the session's
 * being there, so it survives a restart without a row. The repository is part of the file's name: a session cannot be reached from
 * another repository. Requests of one session run one after the other.
 */
export class UploadSessions {
  readonly #lock = new KeyedLock();
  readonly #hashes = new UploadHashes();

  /** @param inlineBytes largest blob that becomes a row instead of a file */
  constructor(
    private readonly driver: StorageDriver,
    private readonly arrivals: BlobArrivals,
    private readonly inlineBytes: number,
  ) {}

  async start(repository: RepositoryName): Promise<UploadStatus> {
    const id = randomUUID();
    await writing(() => this.driver.createUpload(keyOf(repository, id)));
    return { id, sizeBytes: 0 };
  }

  async status(repository: RepositoryName, id: string): Promise<UploadStatus> {
    return { id, sizeBytes: await this.#size(keyOf(repository, id)) };
  }

  async append(
    repository: RepositoryName,
    id: string,
    source: ByteSource,
    at?: number,
  ): Promise<UploadStatus> {
    const key = keyOf(repository, id);
    return this.#lock.run(key, async () => {
      const offset = await this.#size(key);
      if (at !== undefined && at !== offset) {
        throw new StorageError('RANGE_INVALID', `the upload has ${offset} bytes, and goes on there`, {
          detail: { sizeBytes: offset },
        });
      }
      const running = this.#hashes.at(key, offset);
      const sizeBytes = await writing(() =>
        this.driver.appendUpload(key, offset, source, (piece) => {
          if (running === undefined) return;
          running.hash.update(piece);
          running.sizeBytes += piece.length;
        }),
      );
      return { id, sizeBytes };
    });
  }

  async commit(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    alongside: Alongside<BlobPushed>,
  ): Promise<Descriptor> {
    const key = keyOf(repository, id);
    return this.#lock.run(key, async () => {
      const sizeBytes = await this.#size(key);
      if (digestAlgorithm(digest) !== 'sha256') {
        throw new StorageError('DIGEST_UNSUPPORTED', 'this registry names blobs by sha256');
      }
      const computed = await this.#sha256(key, sizeBytes);
      if (computed !== digest) {
        throw new StorageError('DIGEST_INVALID', 'the uploaded bytes are not what the digest names', {
          detail: { computed, sizeBytes },
        });
      }
      const blob: Descriptor = { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes };
      const arrival = { repository, blob, alongside };
      await writing(async () =>
        sizeBytes <= this.inlineBytes
          ? this.arrivals.arriveInline(arrival, await this.#bytes(key))
          : this.arrivals.arriveAsFile(arrival, key),
      );
      await this.#end(key);
      return blob;
    });
  }

  async cancel(repository: RepositoryName, id: string): Promise<void> {
    const key = keyOf(repository, id);
    return this.#lock.run(key, async () => {
      await this.#size(key);
      await this.#end(key);
    });
  }

  async #size(key: string): Promise<number> {
    const size = await this.driver.uploadSize(key);
    if (size === undefined) throw unknownUpload();
    return size;
  }

  async #end(key: string): Promise<void> {
    this.#hashes.forget(key);
    await this.driver.removeUpload(key);
  }

  async #sha256(key: string, sizeBytes: number): Promise<Digest> {
    const running = this.#hashes.at(key, sizeBytes);
    // A copy, because the session may live on when the digest is wrong.
    if (running !== undefined) return `sha256:${running.hash.copy().digest('hex')}` as Digest;
    const hash = createHash('sha256');
    for await (const piece of this.driver.readUpload(key)) hash.update(piece);
    return `sha256:${hash.digest('hex')}` as Digest;
  }

  async #bytes(key: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.driver.readUpload(key)) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }
}

/** Which file a session is: unguessable by its id, and another one in each repository. */
function keyOf(repository: RepositoryName, id: string): string {
  if (!ID.test(id)) throw unknownUpload();
  return `${id}.${createHash('sha256').update(repository).digest('hex').slice(0, 32)}`;
}

function unknownUpload(): StorageError {
  return new StorageError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
}

/** A disk that takes no more is a state that passes, and not a defect: the client is told to come back. */
async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (failedWith(error, 'ENOSPC', 'EDQUOT', 'EROFS')) {
      throw new StorageError('UNAVAILABLE', 'there is no space left for blobs', { cause: error });
    }
    throw error;
  }
}
