import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { DatabaseCopies, type CopyRequest } from '../database-copies.js';
import { DatabaseError } from '../database.error.js';
import { openReader } from './connection.js';
import { failureOf } from './failure.js';

/** Pages of one step, 4 MiB: between two of them progress is told. */
const STEP_PAGES = 1_024;

/**
 * {@link DatabaseCopies} by SQLite's online backup (sqlite.org/backup.html), on a connection of its own. That connection keeps a read
 * transaction open over all steps: without it each commit of the writer would make the backup begin again, and under load it would never
 * end. The price is that the write-ahead log is not shortened meanwhile.
 */
export class SqliteCopies extends DatabaseCopies {
  constructor(private readonly path: string) {
    super();
  }

  override async copy(request: CopyRequest): Promise<void> {
    try {
      await this.#steps(request);
      mark(request);
      await sync(request.path);
      await sync(dirname(request.path));
    } catch (error) {
      for (const suffix of ['', '-journal', '-wal', '-shm']) {
        await rm(`${request.path}${suffix}`, { force: true });
      }
      const { code, message } = failureOf(error);
      throw new DatabaseError(code, `the database could not be copied: ${message}`, { cause: error });
    }
  }

  async #steps({ path, onProgress }: CopyRequest): Promise<void> {
    const source = openReader(this.path);
    try {
      source.exec('BEGIN');
      // A transaction begins to read with its first statement.
      source.prepare('SELECT count(*) FROM schema_versions').get();
      await backup(source, path, {
        rate: STEP_PAGES,
        progress: ({ totalPages, remainingPages }) => {
          onProgress?.({ donePages: totalPages - remainingPages, totalPages });
        },
      });
    } finally {
      source.close();
    }
  }
}

/** One file without a write-ahead log: whoever copies it on cannot forget half of it. */
function mark({ path, marks }: CopyRequest): void {
  const copy = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    copy.exec('PRAGMA journal_mode = DELETE');
    copy.exec('PRAGMA synchronous = FULL');
    copy.exec('BEGIN');
    for (const { sql, params } of marks) copy.prepare(sql).run(...(params as SQLInputValue[]));
    copy.exec('COMMIT');
  } finally {
    copy.close();
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
