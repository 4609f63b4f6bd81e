import type { WriteBatch } from '@herald/database';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { RepositoryName } from '../repository/repository-name.js';

/** Removes a manifest that is there at the commit, with all rows that are about it. Tags are the business of whoever asks for it. */
export function removeManifest(
  batch: WriteBatch,
  repository: RepositoryName,
  { digest, mediaType }: Descriptor,
): void {
  batch
    .run(`DELETE FROM manifest_references WHERE repository = ${REPOSITORY_ID} AND manifest = ?`, [
      repository,
      digest,
    ])
    .run(`DELETE FROM manifest_sightings WHERE repository = ${REPOSITORY_ID} AND digest = ?`, [
      repository,
      digest,
    ])
    .run(
      `DELETE FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest = ? AND media_type = ?`,
      [repository, digest, mediaType],
      { rows: 1, precondition: 'the manifest is still there' },
    );
}
