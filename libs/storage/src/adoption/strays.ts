import { dirname } from 'node:path';
import type { Database } from '@herald/database';
import { valueLists } from '../metadata/rows.js';
import { AdoptionError } from './adoption.error.js';
import { blobFiles } from './blob-files.js';
import { importState } from './import-record.js';
import { knownLinks } from './known-links.js';
import { repositoryLinks } from './repository-links.js';
import { countUnreadableLinks } from './unreadable-links.js';
import type { VerifyRun } from './verify-run.js';
import { VolumeFiles } from './volume-files.js';
import type { Finding } from './volume-walk.js';
import { VolumeWriter } from './volume-writer.js';

type BlobFinding = Extract<Finding, { is: 'blob' }>;
type LinkFinding = Extract<Finding, { is: 'link' }>;

const PAGE = 256;

/**
 * Refuses to remove files without rows where they may be the blobs of another registry: before an import came to its end, while a link
 * could not be read, and when the volume has links that no import has seen.
 *
 * @throws AdoptionError `NEVER_IMPORTED`, `UNREADABLE_LINKS`, `UNKNOWN_LINKS`
 */
export async function refuseStrayRemoval(database: Database, volume: string): Promise<void> {
  if ((await importState(database)) !== 'finished') {
    throw new AdoptionError(
      'NEVER_IMPORTED',
      'files without rows may be blobs that nobody imported yet: run herald import first',
    );
  }
  const count = await countUnreadableLinks(database);
  if (count > 0) {
    throw new AdoptionError(
      'UNREADABLE_LINKS',
      `${count} of the volume's links could not be read, and files without rows may be what they name: see herald import --unreadable`,
    );
  }
  const files = new VolumeFiles(volume);
  for await (const page of pagesOf(repositoryLinks(volume), isLink)) {
    const known = await knownLinks(
      database,
      page.map(({ path }) => path),
    );
    for (const { path, link } of page) {
      const found = await files.link(link);
      if (found.is === 'absent' || (found.is === 'read' && found.value === known.get(path))) continue;
      throw new AdoptionError(
        'UNKNOWN_LINKS',
        `${path} was written after the last import, and files without rows may be what it names: run herald import first`,
      );
    }
  }
}

/** Lists the files of blobs that no row knows, and removes them when it is told to. Directories without a file in them are no strays. */
export async function findStrays(run: VerifyRun, removing: boolean): Promise<void> {
  const writer = new VolumeWriter(run.rootDirectory);
  for await (const page of pagesOf(blobFiles(run.volume), isBlob)) {
    const rows = await withRows(run.database, page);
    for (const { path, digest } of page) {
      if (rows.has(digest)) continue;
      const size = await run.files.size(path);
      if (size.is !== 'read') continue;
      run.stray({ path, sizeBytes: size.value });
      if (!removing) continue;
      await writer.remove(dirname(path));
      run.counts.removedStrays += 1;
    }
    await writer.settle();
    run.progress();
  }
}

async function withRows(database: Database, page: readonly BlobFinding[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const { placeholders, params } of valueLists(page.map(({ digest }) => digest))) {
    const rows = await database.read<{ digest: string }>(
      `SELECT digest FROM blobs WHERE digest IN (${placeholders})`,
      params,
    );
    for (const { digest } of rows) found.add(digest);
  }
  return found;
}

function isBlob(finding: Finding): finding is BlobFinding {
  return finding.is === 'blob';
}

function isLink(finding: Finding): finding is LinkFinding {
  return finding.is === 'link';
}

async function* pagesOf<T extends Finding>(
  findings: AsyncIterable<Finding>,
  wanted: (finding: Finding) => finding is T,
): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const finding of findings) {
    if (wanted(finding)) page.push(finding);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
