import { WriteBatch, type Database } from '@herald/database';
import type { StorageDriver } from '../drivers/storage-driver.js';
import { commitChange } from '../metadata/commit-change.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Alongside, BlobDeleted, BlobMounted } from '../repository/change.js';
import { BLOB_MEDIA_TYPE, type Descriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { BlobContent, BlobStore, ByteRange } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import { addMembership } from './blob-arrivals.js';

const MEMBER = `SELECT 1 FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest = ?`;

/** The blobs of one repository: what it is a member of, and nothing else, whatever else the storage holds. */
export class DatabaseBlobStore implements BlobStore {
  constructor(
    private readonly database: Database,
    private readonly driver: StorageDriver,
    private readonly repository: RepositoryName,
  ) {}

  stat(digest: Digest): Promise<Descriptor | undefined> {
    return this.#descriptor(this.repository, digest);
  }

  async open(digest: Digest): Promise<BlobContent | undefined> {
    const descriptor = await this.stat(digest);
    if (descriptor === undefined) return undefined;
    const rows = await this.database.read<{ bytes: Uint8Array }>(
      'SELECT bytes FROM inline_contents WHERE digest = ?',
      [digest],
    );
    const inline = rows[0]?.bytes;
    const whole: ByteRange = { start: 0, end: descriptor.sizeBytes - 1 };
    return {
      descriptor,
      read: (range = whole) =>
        inline === undefined ? this.driver.readBlob(digest, range) : inlinePieces(inline, range),
    };
  }

  async mount(
    digest: Digest,
    from: RepositoryName,
    alongside: Alongside<BlobMounted>,
  ): Promise<Descriptor | undefined> {
    let mounted: Descriptor | undefined;
    await commitChange(this.database, async () => {
      mounted = await this.#descriptor(from, digest);
      if (mounted === undefined) return undefined;
      const batch = new WriteBatch().require('the source still has the blob', MEMBER, [from, digest]);
      addMembership(batch, this.repository, digest);
      alongside({ kind: 'blob-mounted', repository: this.repository, from, blob: mounted }, batch);
      return batch;
    });
    return mounted;
  }

  async delete(digest: Digest, alongside: Alongside<BlobDeleted>): Promise<void> {
    await commitChange(this.database, async () => {
      const blob = await this.stat(digest);
      if (blob === undefined)
        throw new StorageError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
      const batch = new WriteBatch().run(
        `DELETE FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
        [this.repository, digest],
        { rows: 1, precondition: 'the repository still has the blob' },
      );
      alongside({ kind: 'blob-deleted', repository: this.repository, blob }, batch);
      return batch;
    });
  }

  async #descriptor(repository: RepositoryName, digest: Digest): Promise<Descriptor | undefined> {
    const rows = await this.database.read<{ size_bytes: number }>(
      `SELECT b.size_bytes FROM repository_blobs r JOIN blobs b ON b.digest = r.digest
       WHERE r.repository = ${REPOSITORY_ID} AND r.digest = ? AND b.state = 'present'`,
      [repository, digest],
    );
    const row = rows[0];
    return row && { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes: row.size_bytes };
  }
}

async function* inlinePieces(bytes: Uint8Array, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
  if (end >= start) yield bytes.subarray(start, end + 1);
}
