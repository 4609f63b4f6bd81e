import { Injectable } from '@nestjs/common';
import { Database, type Row } from '@herald/database';
import { StorageDriver } from '../drivers/storage-driver.js';
import type { Digest } from '../repository/digest.js';

/** A blob that has a file. */
export interface BlobFile {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Relative to the root of the storage. */
  readonly path: string;
}

interface BlobRow extends Row {
  readonly digest: string;
  readonly size_bytes: number;
}

/** Every blob that lies in a file, by key. Those that are rows are in the database and nowhere else. */
@Injectable()
export class BlobInventory {
  constructor(
    private readonly database: Database,
    private readonly driver: StorageDriver,
  ) {}

  /** Those after a digest, in its order; `''` begins. None means that there is none. @throws DatabaseError */
  async page(after: string, limit: number): Promise<readonly BlobFile[]> {
    const rows = await this.database.read<BlobRow>(
      `SELECT digest, size_bytes FROM blobs b WHERE digest > ? AND state = 'present'
         AND NOT EXISTS (SELECT 1 FROM inline_contents i WHERE i.digest = b.digest)
       ORDER BY digest LIMIT ?`,
      [after, limit],
    );
    return rows.map((row) => {
      const digest = row.digest as Digest;
      return { digest, sizeBytes: row.size_bytes, path: this.driver.blobPath(digest) };
    });
  }
}
