import { WriteBatch, type Row } from '@herald/database';
import { commitChange } from '../metadata/commit-change.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { ExportRun } from './export-run.js';
import { blobPath } from './volume-layout.js';

/** Contents of a page: their names are made durable together. */
const PAGE = 128;

interface ContentRow extends Row {
  readonly id: number;
  readonly digest: string;
  readonly size_bytes: number;
  readonly is_durable: number;
}

/** A present blob that is no row has a file, and that was durable before the blob became present. */
const MANIFESTS = `
  SELECT m.id, m.digest, length(m.bytes) AS size_bytes, EXISTS (
    SELECT 1 FROM blobs b LEFT JOIN inline_contents i ON i.digest = b.digest
    WHERE b.digest = m.digest AND b.state = 'present' AND i.id IS NULL
  ) AS is_durable
  FROM manifests m WHERE m.id > ? ORDER BY m.id LIMIT ?`;

/** Makes files of the small blobs that are rows. */
export async function exportInlineBlobs(run: ExportRun): Promise<void> {
  for (let last = 0; ;) {
    const rows = await run.database.read<{ id: number; digest: string }>(
      'SELECT id, digest FROM inline_contents WHERE id > ? ORDER BY id LIMIT ?',
      [last, PAGE],
    );
    for (const { id, digest } of rows) {
      const bytes = await bytesOf(run, 'inline_contents', id);
      if (bytes !== undefined) await run.content(blobPath(digest as Digest), bytes, false);
      last = id;
    }
    if (rows.length === 0) return;
    await run.settle();
  }
}

/**
 * Makes files of manifests. Such a file gets a row as every file under `blobs` has: first `arriving`, then, when it is durable,
 * `present`. No repository has it as a blob, so that collection removes it when nobody wants it.
 */
export async function exportManifests(run: ExportRun): Promise<void> {
  for (let last = 0; ;) {
    const rows = await run.database.read<ContentRow>(MANIFESTS, [last, PAGE]);
    const end = rows.at(-1);
    if (end === undefined) return;
    await claim(run, rows);
    for (const { id, digest, is_durable: isDurable } of rows) {
      const bytes = await bytesOf(run, 'manifests', id);
      const placed =
        bytes !== undefined && (await run.content(blobPath(digest as Digest), bytes, isDurable === 1));
      run.batch.run(
        placed
          ? "UPDATE blobs SET state = 'present' WHERE digest = ? AND state = 'arriving'"
          : "DELETE FROM blobs WHERE digest = ? AND state = 'arriving'",
        [digest],
      );
    }
    await run.settle();
    last = end.id;
  }
}

async function claim(run: ExportRun, rows: readonly ContentRow[]): Promise<void> {
  const batch = new WriteBatch();
  for (const { digest, size_bytes: sizeBytes } of rows) {
    // Rows go by sha256; a manifest that is named otherwise is found by its link alone.
    if (digestAlgorithm(digest as Digest) !== 'sha256') continue;
    batch.run(
      "INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'arriving') ON CONFLICT DO NOTHING",
      [digest, sizeBytes],
    );
  }
  await commitChange(run.database, async () => batch);
}

/** One at a time: a page of manifests may weigh half a gigabyte. */
async function bytesOf(
  run: ExportRun,
  table: 'inline_contents' | 'manifests',
  id: number,
): Promise<Uint8Array | undefined> {
  const rows = await run.database.read<{ bytes: Uint8Array }>(`SELECT bytes FROM ${table} WHERE id = ?`, [
    id,
  ]);
  return rows[0]?.bytes;
}
