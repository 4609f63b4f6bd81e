import type { WriteBatch } from '@herald/database';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Manifest } from '../repository/descriptor.js';
import type { RepositoryName } from '../repository/repository-name.js';

/** Adds the rows of a manifest: its bytes, what lists of referrers tell of it, and what it refers to. The repository's row is there. */
export function storeManifest(batch: WriteBatch, repository: RepositoryName, manifest: Manifest): void {
  const { descriptor, subject, artifactType, annotations, bytes, references } = manifest;
  batch.run(
    `INSERT INTO manifests (repository, digest, media_type, subject, artifact_type, annotations, bytes)
     VALUES (${REPOSITORY_ID}, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type, artifact_type = excluded.artifact_type`,
    [
      repository,
      descriptor.digest,
      descriptor.mediaType,
      subject?.digest ?? null,
      artifactType ?? null,
      subject === undefined || annotations === undefined ? null : JSON.stringify(annotations),
      bytes,
    ],
  );
  for (const digest of new Set(references.map((reference) => reference.digest))) {
    batch.run(
      `INSERT INTO manifest_references (repository, manifest, digest) VALUES (${REPOSITORY_ID}, ?, ?) ON CONFLICT DO NOTHING`,
      [repository, descriptor.digest, digest],
    );
  }
}
