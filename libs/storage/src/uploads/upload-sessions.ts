import { createHash, randomUUID } from 'node:crypto';
import type { Arrival, BlobArrivals } from '../blobs/blob-arrivals.js';
import { addAlias, type FoundBlob } from '../blobs/find-blob.js';
import { KeyedLock } from '../blobs/keyed-lock.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { Alongside, BlobPushed } from '../repository/change.js';
import { BLOB_MEDIA_TYPE, type Descriptor } from '../repository/descriptor.js';
import type { Digest, DigestAlgorithm } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ByteSource, UploadStatus } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import type { FinishedUploads } from './finished-uploads.js';
import type { Room } from './room.js';
import { checkedDigest } from './upload-digests.js';
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

  /**
   * @param see finds a blob for somebody who is told that it is there
   * @param inlineBytes largest blob that becomes a row instead of a file
   */
  constructor(
    private readonly see: (repository: RepositoryName, digest: Digest) => Promise<FoundBlob | undefined>,
    private readonly driver: StorageDriver,
    private readonly arrivals: BlobArrivals,
    private readonly finished: FinishedUploads,
    private readonly inlineBytes: number,
    private readonly room: Room,
  ) {}

  async start(repository: RepositoryName, algorithm: DigestAlgorithm = 'sha256'): Promise<UploadStatus> {
    const id = randomUUID();
    const key = keyOf(repository, id);
    this.room.required();
    await this.room.for(() => this.driver.createUpload(key));
    this.#hashes.announce(key, algorithm);
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
      const sizeBytes = await this.room.for(() =>
        this.driver.appendUpload(key, offset, this.room.metered(source), (piece) => running?.update(piece)),
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
      const before = await this.#finishedBefore(repository, key, digest);
      if (before !== undefined) return before;
      const sizeBytes = await this.#size(key);
      const stored = await checkedDigest({ key, sizeBytes }, digest, this.#hashes, this.driver);
      const blob: Descriptor = { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes };
      const arrival: Arrival = {
        repository,
        blob: { ...blob, digest: stored },
        alongside: (change, batch) => {
          if (stored !== digest) addAlias(batch, digest, stored);
          this.finished.note(batch, key, digest);
          alongside({ ...change, blob }, batch);
        },
      };
      await this.room.for(async () =>
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
      await this.room.for(() => this.#end(key));
    });
  }

  /**
   * Removes sessions that nobody has written to since `beforeMs`, by the machine's clock. One that a request works on is not touched.
   *
   * @param dryRun only counts them
   * @param signal ends it early
   * @returns how many there were
   */
  async expire(beforeMs: number, dryRun: boolean, signal?: AbortSignal): Promise<number> {
    let expired = 0;
    for await (const key of this.driver.listUploads()) {
      if (signal?.aborted === true) break;
      if (await this.#lock.run(key, () => this.#expireOne(key, beforeMs, dryRun))) expired += 1;
    }
    return expired;
  }

  async #expireOne(key: string, beforeMs: number, dryRun: boolean): Promise<boolean> {
    const writtenMs = await this.driver.uploadWrittenMs(key);
    if (writtenMs === undefined || writtenMs >= beforeMs) return false;
    if (!dryRun) await this.#end(key);
    return true;
  }

  /** What the session became, when the client closes it a second time: once more the same answer, and no second change. */
  async #finishedBefore(
    repository: RepositoryName,
    key: string,
    digest: Digest,
  ): Promise<Descriptor | undefined> {
    if (!(await this.finished.became(key, digest))) return undefined;
    // Removes the file where an earlier attempt at that failed.
    await this.#end(key);
    return (await this.see(repository, digest))?.blob;
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
