import { WriteBatch, type Database } from '@herald/database';
import { commitChange } from '../metadata/commit-change.js';

/**
 * An import does without the index of `repository_blobs` by digest, and makes it when all links are through: digests come in no order,
 * so that nearly each row would change another page of it, and most of what is written would be these. Nothing else works in the
 * volume before the import is finished, and nothing of an import looks there.
 */
export async function deferBlobIndex(database: Database): Promise<void> {
  await commitChange(database, async () =>
    new WriteBatch().run('DROP INDEX IF EXISTS repository_blobs_by_digest', []),
  );
}

/** Makes the index in the batch that ends the import: there is no finished one without it. */
export function makeBlobIndex(batch: WriteBatch): void {
  batch.run('CREATE INDEX IF NOT EXISTS repository_blobs_by_digest ON repository_blobs (digest)', []);
}
