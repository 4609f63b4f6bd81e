import type { Database, Value, WriteBatch } from '@herald/database';
import { REPOSITORY_ID, valueLists } from '../metadata/rows.js';
import type { Manifest } from '../repository/descriptor.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { StorageError } from '../repository/storage.error.js';
import { checkUrls, requiredReferences, type ReferencePolicy } from './reference-policy.js';

const BLOBS = `SELECT digest FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest IN`;
const ALIASED_BLOBS = `SELECT a.digest FROM blob_aliases a JOIN repository_blobs r ON r.digest = a.blob
  WHERE r.repository = ${REPOSITORY_ID} AND a.digest IN`;
const MANIFESTS = `SELECT digest FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest IN`;

/**
 * Refuses a manifest whose references this repository does not have and should, and pins in the batch that it has them at the commit.
 *
 * A child of an index may also be a blob: BuildKit exports its cache so. A subject may be missing, as the specification demands.
 *
 * @throws StorageError `MANIFEST_BLOB_UNKNOWN`; `detail` lists the digests that are missing. `MANIFEST_INVALID` for a URL
 */
export async function requireReferences(
  database: Database,
  batch: WriteBatch,
  repository: RepositoryName,
  manifest: Manifest,
  policy: ReferencePolicy,
): Promise<void> {
  checkUrls(manifest, policy);
  const wanted = new Set(requiredReferences(manifest, policy).map(({ digest }) => digest));
  const missing = new Set<string>(wanted);
  const places = placesOf(manifest, wanted);
  for (const { placeholders, params, count } of valueLists([...wanted])) {
    const own = [repository, ...params];
    const sql = places.map((place) => `${place} (${placeholders})`).join(' UNION ');
    const values: Value[] = places.flatMap(() => own);
    for (const { digest } of await database.read<{ digest: string }>(sql, values)) missing.delete(digest);
    batch.require('the references are still there', sql, values, count);
  }
  if (missing.size > 0) {
    throw new StorageError(
      'MANIFEST_BLOB_UNKNOWN',
      'the repository does not have what the manifest refers to',
      {
        detail: [...missing],
      },
    );
  }
}

/** Where references are looked for: an image's among blobs, an index's among manifests too, and further names where some are used. */
function placesOf({ kind }: Manifest, wanted: ReadonlySet<Digest>): readonly string[] {
  const aliased = [...wanted].some((digest) => digestAlgorithm(digest) !== 'sha256');
  return [BLOBS, ...(aliased ? [ALIASED_BLOBS] : []), ...(kind === 'index' ? [MANIFESTS] : [])];
}
