import type { Database } from '@herald/database';
import { valueLists } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';

/** What links said when they were last read or written here, by their paths. */
export async function knownLinks(
  database: Database,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Digest>> {
  const known = new Map<string, Digest>();
  for (const { placeholders, params } of valueLists(paths)) {
    const rows = await database.read<{ path: string; digest: string }>(
      `SELECT path, digest FROM known_links WHERE path IN (${placeholders})`,
      params,
    );
    for (const { path, digest } of rows) known.set(path, digest as Digest);
  }
  return known;
}
