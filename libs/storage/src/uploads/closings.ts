import type { Arrival, BlobArrivals } from '../blobs/blob-arrivals.js';
import { addAlias } from '../blobs/find-blob.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { Alongside, BlobPushed } from '../repository/change.js';
import { BLOB_MEDIA_TYPE, type Descriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { FinishedUploads } from './finished-uploads.js';
import type { Room } from './room.js';
import { checkedDigest, hashesOfBytes, hashesOfUpload } from './upload-digests.js';
import type { RunningHashes, UploadHashes } from './upload-hashes.js';

/** What a client says of bytes that are all there. */
export interface Closing {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly alongside: Alongside<BlobPushed>;
  /** The session that they are of, which is remembered to have become the blob. */
  readonly key?: string;
}

/** Makes bytes that were uploaded a blob of their repository, if they are what their digest says. */
export class Closings {
  /** @param inlineBytes largest blob that becomes a row instead of a file */
  constructor(
    private readonly driver: StorageDriver,
    private readonly arrivals: BlobArrivals,
    private readonly finished: FinishedUploads,
    private readonly hashes: UploadHashes,
    private readonly inlineBytes: number,
    private readonly room: Room,
  ) {}

  /** Of bytes in memory: they become a row. @throws StorageError `DIGEST_INVALID`, `UNAVAILABLE` */
  async ofBytes(closing: Closing, bytes: Uint8Array): Promise<Descriptor> {
    const arrival = this.#arrival(closing, hashesOfBytes(bytes, closing.digest));
    await this.room.for(() => this.arrivals.arriveInline(arrival, bytes));
    return describe(closing.digest, bytes.length);
  }

  /** Of a session's file, which stays. @throws StorageError `DIGEST_INVALID`, `UNAVAILABLE` */
  async ofUpload(closing: Closing & { readonly key: string }, sizeBytes: number): Promise<Descriptor> {
    const { key, digest } = closing;
    const arrival = this.#arrival(
      closing,
      await hashesOfUpload({ key, sizeBytes }, digest, this.hashes, this.driver),
    );
    await this.room.for(async () =>
      sizeBytes <= this.inlineBytes
        ? this.arrivals.arriveInline(arrival, await this.#bytes(key))
        : this.arrivals.arriveAsFile(arrival, key),
    );
    return describe(digest, sizeBytes);
  }

  #arrival({ repository, digest, alongside, key }: Closing, hashes: RunningHashes): Arrival {
    const stored = checkedDigest(hashes, digest);
    return {
      repository,
      blob: describe(stored, hashes.sizeBytes),
      alongside: (change, batch) => {
        if (stored !== digest) addAlias(batch, digest, stored);
        if (key !== undefined) this.finished.note(batch, key, digest);
        alongside({ ...change, blob: describe(digest, hashes.sizeBytes) }, batch);
      },
    };
  }

  async #bytes(key: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.driver.readUpload(key)) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }
}

function describe(digest: Digest, sizeBytes: number): Descriptor {
  return { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes };
}
