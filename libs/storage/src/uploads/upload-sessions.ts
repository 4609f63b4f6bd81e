import { createHash, randomUUID } from 'node:crypto';
import type { FoundBlob } from '../blobs/find-blob.js';
import { KeyedLock } from '../blobs/keyed-lock.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { Alongside, BlobPushed } from '../repository/change.js';
import type { Descriptor } from '../repository/descriptor.js';
import { digestAlgorithm, type Digest, type DigestAlgorithm } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ByteSource, Chunk, UploadStatus } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import type { Closing, Closings } from './closings.js';
import type { FinishedUploads } from './finished-uploads.js';
import { peek, unpeeked } from './peek.js';
import type { Room } from './room.js';
import type { UploadHashes } from './upload-hashes.js';

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** What sessions work with. */
export interface UploadTools {
  readonly driver: StorageDriver;
  readonly hashes: UploadHashes;
  readonly closings: Closings;
  readonly finished: FinishedUploads;
  readonly room: Room;
  /** Largest blob that becomes a row instead of a file. */
  readonly inlineBytes: number;
  /** Finds a blob for somebody who is told that it is there. */
  see(repository: RepositoryName, digest: Digest): Promise<FoundBlob | undefined>;
}

/**
 * Upload sessions of all repositories. A session is its file: its offset is the file's length, and its being there is the session's
 * being there, so it survives a restart without a row. The repository is part of the file's name: a session cannot be reached from
 * another repository. Requests of one session run one after the other.
 *
 * A small blob that comes in one request never touches a file: it goes from memory into its row.
 */
export class UploadSessions {
  readonly #lock = new KeyedLock();

  constructor(private readonly tools: UploadTools) {}

  async start(repository: RepositoryName, algorithm: DigestAlgorithm = 'sha256'): Promise<UploadStatus> {
    const { room, driver, hashes } = this.tools;
    const id = randomUUID();
    const key = keyOf(repository, id);
    room.required();
    await room.for(() => driver.createUpload(key));
    hashes.announce(key, algorithm);
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
      const offset = await this.#sizeToGoOn(key, at);
      return { id, sizeBytes: await this.#append(key, offset, this.tools.room.metered(source)) };
    });
  }

  /** Takes a whole blob. A body that is not what it says leaves no session behind: the client was never told of one. */
  async push(
    repository: RepositoryName,
    digest: Digest,
    source: ByteSource,
    alongside: Alongside<BlobPushed>,
  ): Promise<Descriptor> {
    const { room, closings, inlineBytes } = this.tools;
    const closing = { repository, digest, alongside };
    room.required();
    const body = await peek(room.metered(source), inlineBytes);
    if (body.rest === undefined) return closings.ofBytes(closing, body.head);
    const { id } = await this.start(repository, digestAlgorithm(digest));
    const key = keyOf(repository, id);
    return this.#lock.run(key, async () => {
      try {
        return await this.#finish({ ...closing, key }, await this.#append(key, 0, unpeeked(body)));
      } catch (error) {
        // Why the upload failed is what the client has to know. A session that stays behind expires.
        await this.#end(key).catch(() => undefined);
        throw error;
      }
    });
  }

  /** @param last the end of its bytes, if the closing request brings one */
  async commit(
    repository: RepositoryName,
    id: string,
    digest: Digest,
    alongside: Alongside<BlobPushed>,
    last?: Chunk,
  ): Promise<Descriptor> {
    const key = keyOf(repository, id);
    const closing = { repository, key, digest, alongside };
    return this.#lock.run(key, async () => {
      const before = await this.#finishedBefore(closing);
      if (before !== undefined) return before;
      const sizeBytes = await this.#sizeToGoOn(key, last?.at);
      return last === undefined
        ? this.#finish(closing, sizeBytes)
        : this.#finishWith(closing, sizeBytes, last.source);
    });
  }

  async cancel(repository: RepositoryName, id: string): Promise<void> {
    const key = keyOf(repository, id);
    return this.#lock.run(key, async () => {
      await this.#size(key);
      await this.tools.room.for(() => this.#end(key));
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
    for await (const key of this.tools.driver.listUploads()) {
      if (signal?.aborted === true) break;
      if (await this.#lock.run(key, () => this.#expireOne(key, beforeMs, dryRun))) expired += 1;
    }
    return expired;
  }

  async #expireOne(key: string, beforeMs: number, dryRun: boolean): Promise<boolean> {
    const writtenMs = await this.tools.driver.uploadWrittenMs(key);
    if (writtenMs === undefined || writtenMs >= beforeMs) return false;
    if (!dryRun) await this.#end(key);
    return true;
  }

  /** What the session became, when the client closes it a second time: once more the same answer, and no second change. */
  async #finishedBefore({ repository, key, digest }: SessionClosing): Promise<Descriptor | undefined> {
    if (!(await this.tools.finished.became(key, digest))) return undefined;
    // Removes the file where an earlier attempt at that failed.
    await this.#end(key);
    return (await this.tools.see(repository, digest))?.blob;
  }

  async #finish(closing: SessionClosing, sizeBytes: number): Promise<Descriptor> {
    const blob = await this.tools.closings.ofUpload(closing, sizeBytes);
    await this.#end(closing.key);
    return blob;
  }

  /**
   * A body that does not make the session what its digest names is taken back, so that the same request may come again and be right:
   * otherwise the session would hold for ever what its client never meant. What came before the connection broke is kept.
   */
  async #finishWith(closing: SessionClosing, offset: number, source: ByteSource): Promise<Descriptor> {
    const { room, closings, inlineBytes } = this.tools;
    const { key } = closing;
    const body = await peek(room.metered(source), offset === 0 ? inlineBytes : 0);
    if (offset === 0 && body.rest === undefined) {
      const blob = await closings.ofBytes(closing, body.head);
      await this.#end(key);
      return blob;
    }
    const sizeBytes = await this.#append(key, offset, unpeeked(body));
    try {
      return await this.#finish(closing, sizeBytes);
    } catch (error) {
      // Why it was refused is what the client has to know; where the session stands then is asked of its file.
      if (isOfContent(error)) await this.#append(key, offset, nothing()).catch(() => undefined);
      throw error;
    }
  }

  #append(key: string, offset: number, metered: ByteSource): Promise<number> {
    const { room, driver, hashes } = this.tools;
    const running = hashes.at(key, offset);
    return room.for(() => driver.appendUpload(key, offset, metered, (piece) => running?.update(piece)));
  }

  /** @param at where the client believes that it stands */
  async #sizeToGoOn(key: string, at: number | undefined): Promise<number> {
    const sizeBytes = await this.#size(key);
    if (at === undefined || at === sizeBytes) return sizeBytes;
    throw new StorageError('RANGE_INVALID', `the upload has ${sizeBytes} bytes, and goes on there`, {
      detail: { sizeBytes },
    });
  }

  async #size(key: string): Promise<number> {
    const size = await this.tools.driver.uploadSize(key);
    if (size === undefined) throw unknownUpload();
    return size;
  }

  async #end(key: string): Promise<void> {
    this.tools.hashes.forget(key);
    await this.tools.driver.removeUpload(key);
  }
}

/** Of a session, which is remembered to have become the blob. */
type SessionClosing = Closing & { readonly key: string };

function isOfContent(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'DIGEST_INVALID';
}

async function* nothing(): ByteSource {
  // No bytes: appending them cuts off what lies behind.
}

/** Which file a session is: unguessable by its id, and another one in each repository. */
function keyOf(repository: RepositoryName, id: string): string {
  if (!ID.test(id)) throw unknownUpload();
  return `${id}.${createHash('sha256').update(repository).digest('hex').slice(0, 32)}`;
}

function unknownUpload(): StorageError {
  return new StorageError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
}
