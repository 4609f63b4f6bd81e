import type { Database, WriteBatch } from '@herald/database';

/** Why something in a volume could not be taken over. */
export type UnreadableKind =
  | 'missing-target'
  | 'bad-digest'
  | 'bad-name'
  | 'wrong-content'
  | 'not-a-manifest'
  | 'symlink'
  | 'unexpected'
  | 'io-error';

/** Something in a volume that could not be taken over, and why. The path is relative to `docker/registry/v2`. */
export interface UnreadableLink {
  readonly path: string;
  readonly kind: UnreadableKind;
  readonly reason: string;
}

/**
 * How many links of the adopted volume could not be read. While it is not 0, nobody knows what they kept alive: collection and the
 * removal of strays refuse.
 */
export async function countUnreadableLinks(database: Database): Promise<number> {
  const rows = await database.read<{ count: number }>('SELECT count(*) AS count FROM unreadable_links');
  return rows[0]?.count ?? 0;
}

/** The unreadable links in the order of their paths, read in pages. */
export async function* listUnreadableLinks(database: Database): AsyncGenerator<UnreadableLink> {
  for (let last = ''; ;) {
    const rows = await database.read<{ path: string; kind: UnreadableKind; reason: string }>(
      'SELECT path, kind, reason FROM unreadable_links WHERE path > ? ORDER BY path LIMIT 500',
      [last],
    );
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined) return;
    last = end.path;
  }
}

/** Notes one that an import met. */
export function addUnreadableLink(
  batch: WriteBatch,
  { path, kind, reason }: UnreadableLink,
  importId: number,
): void {
  batch.run(
    `INSERT INTO unreadable_links (path, kind, reason, import) VALUES (?, ?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, import = excluded.import`,
    [path, kind, reason, importId],
  );
}

/** Forgets what earlier imports met and this one did not: it was repaired, or is gone. */
export function clearOlderUnreadableLinks(batch: WriteBatch, importId: number): void {
  batch.run('DELETE FROM unreadable_links WHERE import < ?', [importId]);
}
