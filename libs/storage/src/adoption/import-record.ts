import { WriteBatch, type Database } from '@herald/database';
import { commitChange } from '../metadata/commit-change.js';
import { AdoptionError } from './adoption.error.js';
import { makeBlobIndex } from './deferred-index.js';
import { clearOlderUnreadableLinks } from './unreadable-links.js';

/** What an import reads: first every blob's file, then the links of every repository. */
export type ImportPhase = 'blobs' | 'links';

/** What an import met so far, resumed parts included. */
export interface ImportCounts {
  readonly blobs: number;
  readonly blobBytes: number;
  readonly layers: number;
  readonly manifests: number;
  readonly tags: number;
  /** Links that say what they said when they were last read: nothing to do. */
  readonly unchanged: number;
  /** Tags that the volume has elsewhere than Herald, and that stay where Herald has them. */
  readonly kept: number;
  /** Unfinished uploads, which are not taken over. */
  readonly uploads: number;
  /** Temporary files that a crash of the other registry left. */
  readonly leftovers: number;
  readonly unreadable: number;
}

const NOTHING_COUNTED: ImportCounts = {
  blobs: 0,
  blobBytes: 0,
  layers: 0,
  manifests: 0,
  tags: 0,
  unchanged: 0,
  kept: 0,
  uploads: 0,
  leftovers: 0,
  unreadable: 0,
};

/** Where an import stands. The cursor is the last path that was taken over, relative to `docker/registry/v2`. */
export interface ImportRecord {
  readonly id: number;
  /** Whether it reads the bytes of blobs, in all its parts. */
  readonly verified: boolean;
  readonly phase: ImportPhase;
  readonly cursor: string;
  readonly counts: ImportCounts;
}

/** Whether a volume was imported: a registry that serves half of one would answer that the other half is not there. */
export type ImportState = 'none' | 'unfinished' | 'finished';

/** Tables of which one has a row when anything was ever pushed here, imported or exported. */
export const KNOWN_TO_DATABASE = ['imports', 'repositories', 'blobs', 'known_links'] as const;

export async function importState(database: Database): Promise<ImportState> {
  const rows = await database.read<{ finished_ms: number | null }>(
    'SELECT finished_ms FROM imports ORDER BY id DESC LIMIT 1',
  );
  const last = rows[0];
  if (last === undefined) return 'none';
  return last.finished_ms === null ? 'unfinished' : 'finished';
}

/** Stops a registry before it would serve half of a volume. @throws AdoptionError `IMPORT_UNFINISHED` */
export async function refuseUnfinishedImport(database: Database): Promise<void> {
  if ((await importState(database)) !== 'unfinished') return;
  throw new AdoptionError(
    'IMPORT_UNFINISHED',
    'the import of this volume was interrupted, and only a part of it is known: run herald import again, which goes on where it stopped',
  );
}

/**
 * Begins an import, or goes on with the one that was interrupted, as it was begun. One that did not read the blobs' bytes, and now should, begins again
 * with the blobs.
 */
export async function beginImport(
  database: Database,
  verified: boolean,
  nowMs: number,
): Promise<ImportRecord> {
  const [open] = await database.read<{
    id: number;
    verified: number;
    phase: ImportPhase;
    cursor: string;
    counts: string;
  }>('SELECT id, verified, phase, cursor, counts FROM imports WHERE finished_ms IS NULL');
  if (open !== undefined && (open.verified === 1 || !verified)) {
    const counts = JSON.parse(open.counts) as ImportCounts;
    return { id: open.id, verified: open.verified === 1, phase: open.phase, cursor: open.cursor, counts };
  }
  const batch = new WriteBatch();
  if (open !== undefined) batch.run('DELETE FROM imports WHERE id = ?', [open.id]);
  const id = (open?.id ?? (await lastId(database))) + 1;
  batch.run(
    "INSERT INTO imports (id, started_ms, verified, phase, cursor, counts) VALUES (?, ?, ?, 'blobs', '', ?)",
    [id, nowMs, verified ? 1 : 0, JSON.stringify(NOTHING_COUNTED)],
  );
  await commitChange(database, async () => batch);
  return { id, verified, phase: 'blobs', cursor: '', counts: NOTHING_COUNTED };
}

/** Notes in the batch that takes something over how far the import has come with it. */
export function advanceImport(batch: WriteBatch, { id, phase, cursor, counts }: ImportRecord): void {
  batch.run('UPDATE imports SET phase = ?, cursor = ?, counts = ? WHERE id = ?', [
    phase,
    cursor,
    JSON.stringify(counts),
    id,
  ]);
}

/** Ends an import: from now on its volume may be served. */
export async function finishImport(database: Database, { id }: ImportRecord, nowMs: number): Promise<void> {
  const batch = new WriteBatch();
  clearOlderUnreadableLinks(batch, id);
  makeBlobIndex(batch);
  batch.run('UPDATE imports SET finished_ms = ? WHERE id = ?', [nowMs, id]);
  await commitChange(database, async () => batch);
}

async function lastId(database: Database): Promise<number> {
  const rows = await database.read<{ id: number | null }>('SELECT max(id) AS id FROM imports');
  return rows[0]?.id ?? 0;
}
