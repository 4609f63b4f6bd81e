import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBeingReplaced } from '@herald/database';
import { KNOWN_TO_DATABASE } from '@herald/storage';

/** A volume that Distribution wrote, and that Herald knows nothing of. */
export class ForeignVolume extends Error {
  override readonly name = 'ForeignVolume';
  readonly code = 'FOREIGN_VOLUME';

  constructor(directory: string) {
    super(
      `${directory} holds the repositories of another registry (docker/registry/v2/repositories), and Herald's database knows none of them. ` +
        'Run herald import to adopt them in place, without copying a blob. ' +
        'To start with no repositories beside them, add --ignore-existing',
    );
  }
}

/**
 * Stops before an empty database would hide the repositories that are there. That there is a database says nothing: a command that
 * failed or was killed may have left one. Whoever asks holds the data directory.
 *
 * @throws ForeignVolume
 */
export function refuseForeignVolume(rootDirectory: string, databasePath: string): void {
  if (!existsSync(join(rootDirectory, 'docker', 'registry', 'v2', 'repositories'))) return;
  // A restore that was killed: whoever opens the database finishes it, and it is Herald's.
  if (isBeingReplaced(databasePath)) return;
  if (!existsSync(databasePath) || !knowsAnything(databasePath)) throw new ForeignVolume(rootDirectory);
}

function knowsAnything(databasePath: string): boolean {
  const connection = new DatabaseSync(databasePath);
  try {
    return KNOWN_TO_DATABASE.some(
      (table) => hasTable(connection, table) && connection.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get(),
    );
  } finally {
    connection.close();
  }
}

/** Who was killed while the tables were made has not come to all of them. */
function hasTable(connection: DatabaseSync, table: string): boolean {
  return connection.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
}
