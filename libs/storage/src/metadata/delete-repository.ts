import { WriteBatch, type Database } from '@herald/database';
import type { Alongside, RepositoryDeleted } from '../repository/change.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { StorageError } from '../repository/storage.error.js';
import { commitChange } from './commit-change.js';
import { REPOSITORY_ID } from './rows.js';

/** Tables whose rows belong to a repository. */
const BELONGINGS = [
  'tags',
  'manifest_references',
  'manifest_sightings',
  'manifests',
  'repository_blobs',
] as const;

/**
 * Deletes a repository and everything in it. Contents that no other repository has are left to garbage collection.
 *
 * @throws StorageError `NAME_UNKNOWN`, `UNAVAILABLE`
 */
export async function deleteRepository(
  database: Database,
  repository: RepositoryName,
  alongside: Alongside<RepositoryDeleted>,
): Promise<void> {
  await commitChange(database, async () => {
    const rows = await database.read('SELECT 1 FROM repositories WHERE name = ?', [repository]);
    if (rows.length === 0) {
      throw new StorageError('NAME_UNKNOWN', 'repository name not known to registry', {
        detail: { name: repository },
      });
    }
    const batch = new WriteBatch();
    for (const table of BELONGINGS) {
      batch.run(`DELETE FROM ${table} WHERE repository = ${REPOSITORY_ID}`, [repository]);
    }
    batch.run('DELETE FROM repositories WHERE name = ?', [repository], {
      rows: 1,
      precondition: 'the repository is still there',
    });
    alongside({ kind: 'repository-deleted', repository }, batch);
    return batch;
  });
}
