import type { Database, WriteBatch } from '@herald/database';
import type { SeenBefore } from '../collection/sighting.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import { BLOB_MEDIA_TYPE, type Descriptor } from '../repository/descriptor.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';

/** A blob as a client named it, with the name that its file and its rows go by. */
export interface FoundBlob extends SeenBefore {
  readonly stored: Digest;
  readonly blob: Descriptor;
}

/** The sha256 of a content; `undefined` for another name that nobody gave it. */
export async function storedName(database: Database, digest: Digest): Promise<Digest | undefined> {
  if (digestAlgorithm(digest) === 'sha256') return digest;
  const rows = await database.read<{ blob: string }>('SELECT blob FROM blob_aliases WHERE digest = ?', [
    digest,
  ]);
  return rows[0]?.blob as Digest | undefined;
}

/** Adds a further name of a content. It stays true for ever, and gives no access: membership does. */
export function addAlias(batch: WriteBatch, digest: Digest, stored: Digest): void {
  batch.run('INSERT INTO blob_aliases (digest, blob) VALUES (?, ?) ON CONFLICT DO NOTHING', [digest, stored]);
}

/** A blob of a repository, by any of its names; `undefined` when the repository does not have it. */
export async function findBlob(
  database: Database,
  repository: RepositoryName,
  digest: Digest,
): Promise<FoundBlob | undefined> {
  const stored = await storedName(database, digest);
  return stored && findStored(database, repository, digest, stored);
}

/** The same by the name that is stored, for whoever looked that up. */
export async function findStored(
  database: Database,
  repository: RepositoryName,
  digest: Digest,
  stored: Digest,
): Promise<FoundBlob | undefined> {
  const rows = await database.read<{ size_bytes: number; seen_ms: number | null }>(
    `SELECT b.size_bytes, r.seen_ms FROM repository_blobs r JOIN blobs b ON b.digest = r.digest
     WHERE r.repository = ${REPOSITORY_ID} AND r.digest = ? AND b.state = 'present'`,
    [repository, stored],
  );
  const row = rows[0];
  return (
    row && {
      stored,
      blob: { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes: row.size_bytes },
      seenMs: row.seen_ms,
    }
  );
}

/** A repository to mount a content from; another one than `repository` itself where there is one. */
export async function findSource(
  database: Database,
  repository: RepositoryName,
  digest: Digest,
): Promise<RepositoryName | undefined> {
  const stored = await storedName(database, digest);
  if (stored === undefined) return undefined;
  const rows = await database.read<{ name: string }>(
    `SELECT r.name FROM repository_blobs m JOIN repositories r ON r.id = m.repository
     WHERE m.digest = ? ORDER BY m.repository LIMIT 2`,
    [stored],
  );
  const names = rows.map((row) => row.name as RepositoryName);
  return names.find((name) => name !== repository) ?? names[0];
}
