import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { restoreCopy } from '@herald/database';
import { COPIED_LOG, notificationsMigrations } from '@herald/notifications';
import { storageMigrations } from '@herald/storage';
import type { RegistryConfig } from './config/registry-config.js';
import { DataDirectoryLock } from './data-directory/data-directory-lock.js';
import { startFailureOf } from './start-failure.js';
import { bytes, counted } from './cli/amounts.js';
import type { Output } from './cli/delete-repository.js';
import { EXIT_CODE } from './cli/exit-code.js';
import { listedBlobs, type ListedBlob } from './cli/listed-blobs.js';
import { Progress } from './cli/progress.js';
import type { RestoreCommand } from './cli/restore-command.js';

/** Blobs that people are shown; programs get all. */
const SHOWN = 10;

/**
 * `herald restore DIR`: puts the database of a backup where the configuration has it, while no server runs, and names the blobs of the
 * backup that are not in the storage. No blob is touched. Resolves with the exit code, and never throws.
 */
export async function restore(
  config: RegistryConfig,
  command: RestoreCommand,
  output: Output & { readonly json: boolean },
  now: () => Date = () => new Date(),
): Promise<number> {
  const from = join(command.directory, 'herald.db');
  if (!existsSync(from)) return refuse(output, `there is no backup in ${command.directory} (${from})`);
  let lock: DataDirectoryLock | undefined;
  try {
    lock = DataDirectoryLock.acquire(config);
    const restored = await putDatabase(config, command, from, now());
    if (typeof restored === 'string') return refuse(output, restored);
    return await tellRestored(config, command, restored, output);
  } catch (error) {
    const { message, exitCode } = startFailureOf(error);
    output.stderr(`herald: nothing was restored: ${message}\n`);
    return exitCode;
  } finally {
    lock?.release();
  }
}

/** A text says why it was not done. */
async function putDatabase(
  { database: { path } }: RegistryConfig,
  { directory, replace }: RestoreCommand,
  from: string,
  now: Date,
): Promise<string | { readonly aside?: string }> {
  const migrations = [...storageMigrations, ...notificationsMigrations];
  const aside = `${path}.replaced-${now.toISOString().replaceAll(/[-:]|\.\d+/gu, '')}`;
  const request = { from, path, migrations, marks: [COPIED_LOG], ...(replace && { aside }) };
  const outcome = await restoreCopy(request);
  switch (outcome.kind) {
    case 'occupied':
      return `there is a database already (${path}): herald restore --replace moves it aside`;
    case 'unfit':
      return `the backup in ${directory} cannot be used: ${outcome.reason}`;
    default:
      return outcome;
  }
}

interface MissingBlobs {
  readonly blobs: number;
  readonly missing: number;
  readonly missingBytes: number;
  readonly first: readonly ListedBlob[];
}

async function tellRestored(
  { database, storage }: RegistryConfig,
  { directory }: RestoreCommand,
  { aside }: { readonly aside?: string },
  output: Output & { readonly json: boolean },
): Promise<number> {
  const list = join(directory, 'blobs.tsv');
  const restored = { database: database.path, ...(aside !== undefined && { aside }) };
  if (!output.json) {
    output.stdout(`restored ${database.path}\n`);
    if (aside !== undefined) output.stdout(`what was there is ${aside} now\n`);
  }
  if (!existsSync(list)) {
    if (output.json) output.stdout(`${JSON.stringify({ restored })}\n`);
    output.stderr(`herald: ${list} is not there: herald verify looks for the blobs instead\n`);
    return EXIT_CODE.faultsFound;
  }
  const found = await missingBlobs(list, storage.rootDirectory, output);
  output.stdout(
    output.json
      ? `${JSON.stringify({ restored, blobs: found.blobs, missing: found.missing })}\n`
      : missingText(found, storage.rootDirectory),
  );
  return found.missing === 0 ? EXIT_CODE.ok : EXIT_CODE.faultsFound;
}

/** Programs are told each blob that is missing, as it is found. */
async function missingBlobs(
  list: string,
  root: string,
  { stdout, stderr, json }: Output & { readonly json: boolean },
): Promise<MissingBlobs> {
  const progress = new Progress(stderr);
  const first: ListedBlob[] = [];
  let [blobs, missing, missingBytes] = [0, 0, 0];
  for await (const blob of listedBlobs(list, root)) {
    blobs += 1;
    progress.report(blobs, `${counted(blobs, 'blob is', 'blobs are')} looked for`);
    if (blob.fault === undefined) continue;
    missing += 1;
    missingBytes += blob.sizeBytes;
    if (json) stdout(`${JSON.stringify({ missing: blob })}\n`);
    else if (first.length < SHOWN) first.push(blob);
  }
  return { blobs, missing, missingBytes, first };
}

function missingText({ blobs, missing, missingBytes, first }: MissingBlobs, root: string): string {
  if (missing === 0)
    return `${blobs === 1 ? 'the blob of the backup is' : `all ${blobs} blobs of the backup are`} in ${root}\n`;
  const lines = first.map(({ digest, path, fault }) => `  ${digest} (${path}): ${fault}\n`);
  const more = missing > first.length ? `  and ${missing - first.length} more\n` : '';
  const [are, them] = missing === 1 ? ['is', 'it'] : ['are', 'them'];
  const what = `${missing} of ${counted(blobs, 'blob')} of the backup (${bytes(missingBytes)})`;
  return `${what} ${are} not in ${root}: put ${them} there before the start\n${lines.join('')}${more}`;
}

function refuse({ stderr }: Output, reason: string): number {
  stderr(`herald: nothing was restored: ${reason}\n`);
  return EXIT_CODE.refused;
}
