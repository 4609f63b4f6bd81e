import type { Database } from '@herald/database';
import { BlobArrivals } from '../blobs/blob-arrivals.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';
import { SystemStorageClock } from '../maintenance/storage-clock.js';
import { exportInlineBlobs, exportManifests } from './export-contents.js';
import { exportAllLinks } from './export-links.js';
import { ExportRun, type ExportConflict, type ExportCounts } from './export-run.js';
import { refuseUnfinishedImport } from './import-record.js';
import { removeDeletedLinks } from './remove-links.js';

export interface ExportOptions {
  /** Called after each page, with what is durable. */
  readonly onProgress?: (counts: Readonly<ExportCounts>) => void;
  /** Called with each file that is not what it should be and was left alone. */
  readonly onConflict?: (conflict: ExportConflict) => void;
}

/**
 * Writes what Distribution needs to serve this registry's repositories: files of small blobs and of manifests, the links of layers,
 * revisions and tags, and removes the links of what was deleted here. A content's file that holds something else is never overwritten.
 * Everything is durable when it resolves; a call after a kill does what is left. Nobody else may work in the volume meanwhile.
 *
 * @throws AdoptionError `IMPORT_UNFINISHED`
 */
export async function exportVolume(
  database: Database,
  rootDirectory: string,
  { onProgress = () => undefined, onConflict = () => undefined }: ExportOptions = {},
): Promise<Readonly<ExportCounts>> {
  await refuseUnfinishedImport(database);
  const driver = new FilesystemDriver(rootDirectory);
  await driver.prepare();
  await new BlobArrivals(database, driver, new SystemStorageClock()).recover();
  const run = new ExportRun(database, rootDirectory, onProgress, onConflict);
  await run.writer.begin();
  await exportInlineBlobs(run);
  await exportManifests(run);
  await exportAllLinks(run);
  await removeDeletedLinks(run);
  await run.writer.end();
  return run.counts;
}
