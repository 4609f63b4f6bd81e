import type { Database } from '@herald/database';
import type { Sightings } from '../collection/sightings.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { findStored, storedName, type FoundBlob } from './find-blob.js';

/** Finds a blob for somebody who is going to rely on its being there: collection leaves it alone for its grace. */
export async function seeBlob(
  { database, sightings }: { readonly database: Database; readonly sightings: Sightings },
  repository: RepositoryName,
  digest: Digest,
): Promise<FoundBlob | undefined> {
  const stored = await storedName(database, digest);
  if (stored === undefined) return undefined;
  return sightings.seeing({ kind: 'blob', repository, digest: stored }, () =>
    findStored(database, repository, digest, stored),
  );
}
