import { Logger } from '@nestjs/common';
import { WriteBatch, type Database } from '@herald/database';
import type { Sightings } from '../collection/sightings.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import { commitChange } from '../metadata/commit-change.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Alongside, BlobDeleted, BlobMounted } from '../repository/change.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { BlobContent, BlobStore, ByteRange } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import { addMembership } from './blob-arrivals.js';
import { findBlob, findSource, type FoundBlob } from './find-blob.js';
import { seeBlob } from './see-blob.js';

const LOGGER = new Logger('Blobs');

const MEMBER = `SELECT 1 FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest = ?`;

/** The blobs of one repository: what it is a member of, and nothing else, whatever else the storage holds. */
export class DatabaseBlobStore implements BlobStore {
  constructor(
    private readonly database: Database,
    private readonly driver: StorageDriver,
    private readonly repository: RepositoryName,
    private readonly sightings: Sightings,
  ) {}

  async stat(digest: Digest): Promise<Descriptor | undefined> {
    return (await this.#see(digest))?.blob;
  }

  async open(digest: Digest): Promise<BlobContent | undefined> {
    const found = await this.#see(digest);
    if (found === undefined) return undefined;
    const { stored, blob: descriptor } = found;
    const inline = await this.#inline(stored);
    if (inline === undefined && (await this.#isLost(found))) return undefined;
    const whole: ByteRange = { start: 0, end: descriptor.sizeBytes - 1 };
    return {
      descriptor,
      read: (range = whole) =>
        inline === undefined ? this.driver.readBlob(stored, range) : inlinePieces(inline, range),
    };
  }

  async mount(
    digest: Digest,
    from: RepositoryName | undefined,
    alongside: Alongside<BlobMounted>,
  ): Promise<Descriptor | undefined> {
    let mounted: Descriptor | undefined;
    await commitChange(this.database, async () => {
      mounted = undefined;
      const source = from ?? (await findSource(this.database, this.repository, digest));
      const found = source && (await findBlob(this.database, source, digest));
      if (source === undefined || found === undefined) return undefined;
      if ((await this.#inline(found.stored)) === undefined && (await this.#isLost(found))) return undefined;
      mounted = found.blob;
      const { stored, blob } = found;
      const batch = new WriteBatch().require('the source still has the blob', MEMBER, [source, stored]);
      addMembership(batch, this.repository, stored, this.sightings.now());
      alongside({ kind: 'blob-mounted', repository: this.repository, from: source, blob }, batch);
      return batch;
    });
    return mounted;
  }

  async delete(digest: Digest, alongside: Alongside<BlobDeleted>): Promise<void> {
    await commitChange(this.database, async () => {
      const found = await findBlob(this.database, this.repository, digest);
      if (found === undefined)
        throw new StorageError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
      const batch = new WriteBatch().run(
        `DELETE FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
        [this.repository, found.stored],
        { rows: 1, precondition: 'the repository still has the blob' },
      );
      alongside({ kind: 'blob-deleted', repository: this.repository, blob: found.blob }, batch);
      return batch;
    });
  }

  async #inline(stored: Digest): Promise<Uint8Array | undefined> {
    const rows = await this.database.read<{ bytes: Uint8Array }>(
      'SELECT bytes FROM inline_contents WHERE digest = ?',
      [stored],
    );
    return rows[0]?.bytes;
  }

  /** Whether others removed or cut a blob's file. It is unknown then, so that clients that have it push it, which brings it back. */
  async #isLost({ stored, blob }: FoundBlob): Promise<boolean> {
    if ((await this.driver.blobSize(stored)) === blob.sizeBytes) return false;
    LOGGER.error(`the file of ${stored} is lost or cut: push it again`);
    return true;
  }

  #see(digest: Digest): Promise<FoundBlob | undefined> {
    const { database, sightings, repository } = this;
    return seeBlob({ database, sightings }, repository, digest);
  }
}

async function* inlinePieces(bytes: Uint8Array, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  if (end >= start) yield bytes.subarray(start, end + 1);
}
