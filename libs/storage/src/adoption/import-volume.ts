import type { Database } from '@herald/database';
import { BlobArrivals } from '../blobs/blob-arrivals.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';
import { blobFiles } from './blob-files.js';
import { deferBlobIndex } from './deferred-index.js';
import { BlobImport } from './import-blobs.js';
import { LinkImport } from './import-links.js';
import { SystemStorageClock } from '../maintenance/storage-clock.js';
import { beginImport, finishImport, type ImportRecord } from './import-record.js';
import { ImportRun } from './import-run.js';
import { repositoryLinks } from './repository-links.js';
import { VolumeFiles } from './volume-files.js';
import { volumeOf } from './volume-layout.js';
import type { Finding } from './volume-walk.js';

export interface ImportOptions {
  /** Read every blob and compare it with its name; by default only its length is looked at. An import that began so goes on so. */
  readonly verify: boolean;
  /** How many findings are looked at side by side, and committed together. Default 1024. */
  readonly chunk?: number;
  /** Now, in ms since 1970. */
  readonly now?: () => number;
  /** Called when the import begins and after each commit, with what is durable. */
  readonly onProgress?: (record: ImportRecord) => void;
}

/**
 * Takes over the volume that another registry left under the root directory: blobs' files become rows, and links become what the
 * pushes that wrote them would have made. Nothing is copied, moved or deleted, and no event tells of it. What cannot be taken over is
 * a row of `unreadable_links`.
 *
 * It may be killed at any instant: the next call goes on from the last commit. It may be called again when it is finished, and then
 * takes what is new or was repaired; what was moved or deleted here since stays so. Nobody else may work in the volume meanwhile.
 *
 * @returns what was met, in all its parts
 */
export async function importVolume(
  database: Database,
  rootDirectory: string,
  { verify, chunk = 1024, now = Date.now, onProgress = () => undefined }: ImportOptions,
): Promise<ImportRecord> {
  const driver = new FilesystemDriver(rootDirectory);
  await driver.prepare();
  await new BlobArrivals(database, driver, new SystemStorageClock()).recover();
  const volume = volumeOf(rootDirectory);
  const files = new VolumeFiles(volume);
  const run = new ImportRun(database, await beginImport(database, verify, now()), onProgress);
  onProgress(run.record);
  if (run.record.phase === 'blobs') {
    const blobs = new BlobImport(database, files, run.record.verified);
    const { cursor } = run.record;
    const chunks = chunksOf(blobFiles(volume, cursor), cursor, chunk);
    for await (const sized of ahead(chunks, (findings) => blobs.read(findings))) await blobs.take(sized, run);
    await run.enter('links');
  }
  await deferBlobIndex(database);
  const links = new LinkImport(database, files);
  const { cursor } = run.record;
  const chunks = chunksOf(repositoryLinks(volume, cursor), cursor, chunk);
  for await (const followed of ahead(chunks, (findings) => links.read(findings)))
    await links.take(followed, run);
  await finishImport(database, run.record, now());
  return run.record;
}

/** Findings in chunks. A walk begins with the path that it goes on from, which is done already. */
async function* chunksOf(
  findings: AsyncIterable<Finding>,
  cursor: string,
  size: number,
): AsyncGenerator<readonly Finding[]> {
  let chunk: Finding[] = [];
  for await (const finding of findings) {
    if (finding.path === cursor) continue;
    chunk.push(finding);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** What is read of each chunk; the next one is being read while somebody works with the one before. */
async function* ahead<T, R>(chunks: AsyncGenerator<T>, read: (chunk: T) => Promise<R>): AsyncGenerator<R> {
  const next = async (): Promise<{ readonly of: R } | undefined> => {
    const { done, value } = await chunks.next();
    return done === true ? undefined : { of: await read(value) };
  };
  for (let reading = next(); ;) {
    const current = await reading;
    if (current === undefined) return;
    reading = next();
    // Whoever goes on meets its failure; whoever has failed himself does not ask for it any more.
    reading.catch(() => undefined);
    yield current.of;
  }
}
