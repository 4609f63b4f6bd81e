import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';
import type { ExportRun } from './export-run.js';
import { linkAt, type Link } from './volume-layout.js';

const PAGE = 256;

/**
 * Removes the links of what was deleted here since they were read or written: the other registry would bring it back. A link that
 * others changed since is left alone.
 */
export async function removeDeletedLinks(run: ExportRun): Promise<void> {
  for (let last = ''; ;) {
    const rows = await run.database.read<{ path: string; digest: string }>(
      'SELECT path, digest FROM known_links WHERE path > ? ORDER BY path LIMIT ?',
      [last, PAGE],
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    for (const { path, digest } of rows) {
      const link = linkAt(path);
      if (link !== undefined && !(await exists(run, link, digest as Digest))) {
        await remove(run, link, path, digest as Digest);
      }
    }
    await run.settle();
    last = end.path;
  }
}

async function remove(run: ExportRun, link: Link, path: string, known: Digest): Promise<void> {
  const found = await run.files.text(path);
  if (found.is === 'fault') return run.conflict(path, found.reason);
  if (found.is === 'read') {
    if (found.value !== known) {
      return run.conflict(path, 'it was changed since the last import: run herald import first');
    }
    // Of a tag the whole directory goes, as when Distribution deletes one: its history would bring it back in a collection.
    await run.writer.remove(link.kind === 'tag' ? path.slice(0, -'/current/link'.length) : path);
    run.counts.removed += 1;
  }
  run.batch.run('DELETE FROM known_links WHERE path = ? AND digest = ?', [path, known]);
  return undefined;
}

async function exists({ database }: ExportRun, link: Link, target: Digest): Promise<boolean> {
  const rows = await database.read(`SELECT 1 FROM ${TABLES[link.kind]} = ?`, [
    link.repository,
    link.kind === 'tag' ? link.tag : target,
  ]);
  return rows.length > 0;
}

const TABLES: Readonly<Record<Link['kind'], string>> = {
  layer: `repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest`,
  revision: `manifests WHERE repository = ${REPOSITORY_ID} AND digest`,
  tag: `tags WHERE repository = ${REPOSITORY_ID} AND name`,
};
