import { createHash } from 'node:crypto';
import type { Row } from '@herald/database';
import type { Digest } from '../repository/digest.js';
import type { VerifyRun } from './verify-run.js';
import { fault, WRONG_CONTENT, type Reading } from './volume-files.js';
import { blobPath } from './volume-layout.js';

interface BlobRow extends Row {
  readonly digest: string;
  readonly size_bytes: number;
  readonly inline: number | null;
}

const PAGE = 256;
const SHORTER = fault('wrong-content', 'its length is not the one that it was stored with');

/** Reads every blob, wherever its bytes are. */
export async function verifyBlobs(run: VerifyRun): Promise<void> {
  for (let last = ''; ;) {
    const rows = await run.database.read<BlobRow>(
      `SELECT b.digest, b.size_bytes, i.id AS inline FROM blobs b LEFT JOIN inline_contents i ON i.digest = b.digest
       WHERE b.digest > ? AND b.state = 'present' ORDER BY b.digest LIMIT ?`,
      [last, PAGE],
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    for (const row of rows) {
      const found = row.inline === null ? await readFile(run, row) : await readRow(run, row);
      if (found.is !== 'read') run.blobFault(row.digest, found);
      run.counts.blobs += 1;
      run.counts.blobBytes += row.size_bytes;
      run.progress();
    }
    last = end.digest;
  }
}

async function readFile(run: VerifyRun, row: BlobRow): Promise<Reading<true>> {
  const path = blobPath(row.digest as Digest);
  const size = await run.files.size(path);
  if (size.is !== 'read') return size;
  if (size.value !== row.size_bytes) return SHORTER;
  const digest = await run.files.digest(path, 'sha256');
  if (digest.is !== 'read') return digest;
  return digest.value === row.digest ? { is: 'read', value: true } : WRONG_CONTENT;
}

/** An export may have made a file of it too, which must be the same then. */
async function readRow(run: VerifyRun, row: BlobRow): Promise<Reading<true>> {
  const [content] = await run.database.read<{ bytes: Uint8Array }>(
    'SELECT bytes FROM inline_contents WHERE id = ?',
    [row.inline],
  );
  const bytes = content?.bytes ?? new Uint8Array();
  if (bytes.length !== row.size_bytes) return SHORTER;
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== row.digest) return WRONG_CONTENT;
  const file = await run.files.holds(blobPath(row.digest as Digest), bytes);
  return file.is === 'absent' ? { is: 'read', value: true } : file;
}
