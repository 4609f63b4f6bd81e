import { SqliteDatabase, type Database } from '@herald/database';
import { notificationsMigrations } from '@herald/notifications';
import { AdoptionError, storageMigrations } from '@herald/storage';
import type { AdoptionCommand } from './cli/adoption-command.js';
import type { Output } from './cli/delete-repository.js';
import { EXIT_CODE } from './cli/exit-code.js';
import { exportOnCommand } from './cli/export-links.js';
import { importOnCommand, listUnreadable, nothingToImport } from './cli/import-volume.js';
import type { OfflineWork } from './cli/offline-work.js';
import { verifyOnCommand } from './cli/verify-volume.js';
import type { RegistryConfig } from './config/registry-config.js';
import { DataDirectoryLock } from './data-directory/data-directory-lock.js';
import { refuseForeignVolume } from './data-directory/foreign-volume.js';
import { startFailureOf } from './start-failure.js';

/**
 * Works on the data of a registry that does not run, and holds the data directory meanwhile, so that none can be started. Resolves with
 * the exit code, and never throws.
 */
export async function adopt(
  config: RegistryConfig,
  command: AdoptionCommand,
  output: Output & { readonly json: boolean },
): Promise<number> {
  const { rootDirectory } = config.storage;
  const nothing = nothingToImport(rootDirectory);
  if (nothing !== undefined) {
    output.stderr(`herald: ${nothing}\n`);
    return EXIT_CODE.refused;
  }
  let lock: DataDirectoryLock | undefined;
  let database: Database | undefined;
  try {
    lock = DataDirectoryLock.acquire(config);
    if (command.does !== 'import') refuseForeignVolume(rootDirectory, config.database.path);
    database = openDatabase(config);
    return await perform(command, { ...output, database, rootDirectory });
  } catch (error) {
    const { message, exitCode } = startFailureOf(error);
    output.stderr(`herald: ${message}\n`);
    return error instanceof AdoptionError ? EXIT_CODE.refused : exitCode;
  } finally {
    await database?.close();
    lock?.release();
  }
}

function perform(command: AdoptionCommand, work: OfflineWork): Promise<number> {
  switch (command.does) {
    case 'import':
      return importOnCommand(work, command.verify);
    case 'export-links':
      return exportOnCommand(work);
    case 'verify':
      return verifyOnCommand(work, command.removeStrays);
    default:
      return listUnreadable(work);
  }
}

function openDatabase({ database: { path } }: RegistryConfig): Database {
  return SqliteDatabase.open({
    path,
    migrations: [...storageMigrations, ...notificationsMigrations],
    onRestoreFinished: (said) => process.stderr.write(`herald: ${said}\n`),
    onWriterDeath: (error) => {
      process.stderr.write(`herald: ${error.message}\n`);
      process.exit(EXIT_CODE.startFailed);
    },
  });
}
