import type { Value } from '@herald/database';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';

/**
 * The manifests of a repository that keep a manifest if they are kept, and so on, and the manifest itself: indexes that list it, what it
 * refers to as its subject, and what refers to it so. Digests of manifests that are not there keep nothing.
 *
 * Parameters: repository, digest.
 */
const KEEPERS = `
  WITH RECURSIVE here(id) AS (SELECT ${REPOSITORY_ID}),
  keepers(digest) AS (
    SELECT digest FROM manifests WHERE repository = (SELECT id FROM here) AND digest = ?
    UNION
    SELECT f.manifest FROM keepers k CROSS JOIN manifest_references f
      ON f.repository = (SELECT id FROM here) AND f.digest = k.digest
    UNION
    SELECT s.digest FROM keepers k
      CROSS JOIN manifests m ON m.repository = (SELECT id FROM here) AND m.digest = k.digest
      CROSS JOIN manifests s ON s.repository = m.repository AND s.digest = m.subject
    UNION
    SELECT r.digest FROM keepers k CROSS JOIN manifests r
      ON r.repository = (SELECT id FROM here) AND r.subject = k.digest
  )`;

interface Query {
  readonly sql: string;
  readonly params: readonly Value[];
}

/** One row if the manifest is kept: if anything that keeps it has a tag, was seen later than that, or nobody knows when. */
export function reasonToKeep(repository: RepositoryName, digest: Digest, seenByMs: number): Query {
  const sql = `${KEEPERS}
    SELECT 1 FROM keepers k
    LEFT JOIN manifest_sightings s ON s.repository = (SELECT id FROM here) AND s.digest = k.digest
    WHERE s.seen_ms IS NULL OR s.seen_ms > ?
      OR EXISTS (SELECT 1 FROM tags t WHERE t.repository = (SELECT id FROM here) AND t.digest = k.digest)
    LIMIT 1`;
  return { sql, params: [repository, digest, seenByMs] };
}

/** Other manifests that fall with a manifest that nothing keeps: id, digest, media_type, size_bytes. At most `limit`. */
export function fallingWith(repository: RepositoryName, digest: Digest, limit: number): Query {
  const sql = `${KEEPERS}
    SELECT m.id, m.digest, m.media_type, length(m.bytes) AS size_bytes FROM keepers k
    CROSS JOIN manifests m ON m.repository = (SELECT id FROM here) AND m.digest = k.digest
    WHERE k.digest <> ? LIMIT ?`;
  return { sql, params: [repository, digest, digest, limit] };
}
