import type { DatabaseSync } from 'node:sqlite';
import type { Migration } from '../migration.js';
import { DatabaseError } from '../database.error.js';
import { failureOf } from './failure.js';

const VERSIONS = `CREATE TABLE IF NOT EXISTS schema_versions (
  library TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT`;

/**
 * Brings the schema of every library forward to the newest version it knows, in one transaction: after a crash or a fault either all
 * or nothing happened.
 *
 * @throws DatabaseError `SCHEMA` when the file was written by a newer program, or a migration fails.
 */
export function migrate(connection: DatabaseSync, migrations: readonly Migration[]): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(VERSIONS);
    for (const library of new Set(migrations.map((migration) => migration.library))) {
      migrateLibrary(
        connection,
        library,
        migrations.filter((migration) => migration.library === library),
      );
    }
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    // What the disk did to it says nothing about the schema.
    if (error instanceof DatabaseError || failureOf(error).code !== 'STATEMENT') throw error;
    throw new DatabaseError('SCHEMA', `the schema could not be brought forward: ${String(error)}`, {
      cause: error,
    });
  }
}

function migrateLibrary(connection: DatabaseSync, library: string, migrations: readonly Migration[]): void {
  const row = connection.prepare('SELECT version FROM schema_versions WHERE library = ?').get(library);
  const current = Number(row?.['version'] ?? 0);
  const newest = Math.max(...migrations.map((migration) => migration.version));
  if (current > newest) {
    throw new DatabaseError(
      'SCHEMA',
      `the database has version ${current} of the ${library} schema and this program knows ${newest}: start the newer program, or restore a backup`,
    );
  }
  // A start that brings nothing forward writes nothing: the disk may be full.
  if (current === newest) return;
  for (let version = current + 1; version <= newest; version += 1) {
    const migration = migrations.find((candidate) => candidate.version === version);
    if (migration === undefined) {
      throw new DatabaseError(
        'SCHEMA',
        `version ${version} of the ${library} schema is missing from this program`,
      );
    }
    connection.exec(migration.sql);
  }
  connection
    .prepare(
      'INSERT INTO schema_versions (library, version) VALUES (?, ?) ON CONFLICT (library) DO UPDATE SET version = excluded.version',
    )
    .run(library, newest);
}
