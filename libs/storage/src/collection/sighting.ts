import type { WriteBatch } from '@herald/database';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';

/** A content of a repository by the name that its rows go by: of a blob its sha256. */
export interface Sighted {
  readonly kind: 'blob' | 'manifest';
  readonly repository: RepositoryName;
  readonly digest: Digest;
}

/** What a read found of a content: when somebody was last told that it is there, in ms since 1970; null when nobody knows. */
export interface SeenBefore {
  readonly seenMs: number | null;
}

/** Writes down that somebody is told that a content is there, if it is. */
export function noteSighting(batch: WriteBatch, { kind, repository, digest }: Sighted, nowMs: number): void {
  if (kind === 'blob') {
    batch.run(
      `UPDATE repository_blobs SET seen_ms = max(coalesce(seen_ms, 0), ?)
       WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
      [nowMs, repository, digest],
    );
    return;
  }
  batch.run(
    `INSERT INTO manifest_sightings (repository, digest, seen_ms)
     SELECT repository, digest, ? FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest = ?
     ON CONFLICT DO UPDATE SET seen_ms = max(seen_ms, excluded.seen_ms)`,
    [nowMs, repository, digest],
  );
}
