import { DatabaseSync } from 'node:sqlite';

/** SQLite versions before this one can corrupt a WAL database when two connections checkpoint at once. */
const OLDEST_SOUND_VERSION = [3, 51, 3] as const;

/**
 * Opens the connection that writes. WAL with `synchronous=FULL`: a commit that returned survives power loss, as far as the disk keeps
 * its promises. `auto_vacuum` must be chosen before the first table exists.
 */
export function openWriter(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: false });
  try {
    assertSound(connection);
    connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL');
    connection.exec('PRAGMA fullfsync = ON');
    connection.exec('PRAGMA cache_size = -16384');
    return connection;
  } catch (error) {
    // A disk that refuses this is asked again every second: each time would leave an open file behind.
    connection.close();
    throw error;
  }
}

/** Opens a connection that reads beside the writer and is never in its way. */
export function openReader(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  connection.exec('PRAGMA cache_size = -16384');
  connection.exec('PRAGMA query_only = ON');
  return connection;
}

function assertSound(connection: DatabaseSync): void {
  const row = connection.prepare('SELECT sqlite_version() AS version').get();
  const version = String(row?.['version']);
  const parts = version.split('.').map(Number);
  for (const [index, least] of OLDEST_SOUND_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new Error(
        `SQLite ${version} has a defect that can corrupt the database: Node 24.15 or newer brings a sound one`,
      );
    }
  }
}
