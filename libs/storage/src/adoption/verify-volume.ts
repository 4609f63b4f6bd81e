import type { Database } from '@herald/database';
import { refuseUnfinishedImport } from './import-record.js';
import { findStrays, refuseStrayRemoval } from './strays.js';
import { verifyBlobs } from './verify-blobs.js';
import { verifyManifests, verifyReferences } from './verify-manifests.js';
import { VerifyRun, type VerifyCounts, type VerifyOptions } from './verify-run.js';
import { volumeOf } from './volume-layout.js';

/**
 * Reads everything that the registry keeps and compares it with its names: the bytes of blobs, in files and in rows, and of manifests;
 * names tags without a manifest and members without a blob; and lists the files of blobs that no row knows. Changes nothing, unless
 * strays are to be removed. Nobody else may work in the volume meanwhile.
 *
 * @throws AdoptionError `IMPORT_UNFINISHED`; and, before anything is read, when strays are to be removed and it cannot be told which
 * files are: `NEVER_IMPORTED`, `UNREADABLE_LINKS`, `UNKNOWN_LINKS`
 */
export async function verifyVolume(
  database: Database,
  rootDirectory: string,
  options: VerifyOptions,
): Promise<Readonly<VerifyCounts>> {
  await refuseUnfinishedImport(database);
  if (options.removeStrays) await refuseStrayRemoval(database, volumeOf(rootDirectory));
  const run = new VerifyRun(database, rootDirectory, options);
  await verifyBlobs(run);
  await verifyManifests(run);
  await verifyReferences(run);
  await findStrays(run, options.removeStrays);
  return run.counts;
}
