import type { Database, WriteBatch } from '@herald/database';
import { REPOSITORY_ID, valueLists } from '../metadata/rows.js';
import type { Manifest } from '../repository/descriptor.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { StorageError } from '../repository/storage.error.js';

const BLOBS = `SELECT digest FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest IN`;
const MANIFESTS = `SELECT digest FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest IN`;

/** Layers that registries must not distribute are fetched from their `urls`: OCI image-spec, layer.md. */
const NON_DISTRIBUTABLE =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;

/**
 * Refuses a manifest whose references this repository does not have, and pins in the batch that it has them at the commit.
 *
 * A child of an index may also be a blob: BuildKit exports its cache so. A subject may be missing, as the specification demands.
 *
 * @throws StorageError `MANIFEST_BLOB_UNKNOWN`; `detail` lists the digests that are missing
 */
export async function requireReferences(
  database: Database,
  batch: WriteBatch,
  repository: RepositoryName,
  manifest: Manifest,
): Promise<void> {
  const wanted = new Set(
    manifest.references
      .filter(({ mediaType }) => !NON_DISTRIBUTABLE.test(mediaType))
      .map(({ digest }) => digest),
  );
  const missing = new Set<string>(wanted);
  for (const { placeholders, params, count } of valueLists([...wanted])) {
    const blobs = { sql: `${BLOBS} (${placeholders})`, params: [repository, ...params] };
    const query =
      manifest.kind === 'image'
        ? blobs
        : {
            sql: `${blobs.sql} UNION ${MANIFESTS} (${placeholders})`,
            params: [...blobs.params, repository, ...params],
          };
    for (const { digest } of await database.read<{ digest: string }>(query.sql, query.params))
      missing.delete(digest);
    batch.require('the references are still there', query.sql, query.params, count);
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
