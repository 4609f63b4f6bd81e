import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteDatabase, type Migration } from '@herald/database';
import { notificationsMigrations } from '../src/event-log/schema.js';

/** A table of an application, so that a batch has something beside the events. */
const FACTS: Migration = {
  library: 'application',
  version: 1,
  sql: 'CREATE TABLE facts (name TEXT PRIMARY KEY) STRICT',
};

/** A database file with this library's tables and a table `facts`. */
export class TemporaryDatabase {
  readonly directory = mkdtempSync(join(tmpdir(), 'herald-event-log-'));
  readonly path = join(this.directory, 'herald.db');
  database = this.#open();

  async remove(): Promise<void> {
    await this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async reopen(): Promise<void> {
    await this.database.close();
    this.database = this.#open();
  }

  #open(): SqliteDatabase {
    return SqliteDatabase.open({
      path: this.path,
      migrations: [...notificationsMigrations, FACTS],
      onWriterDeath: (error) => {
        throw error;
      },
    });
  }
}
