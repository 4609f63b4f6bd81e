import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * The right to something, held by one process at a time. It is the operating system's lock on a file, taken through SQLite, so that it
 * dies with the process however that ends: there is no stale lock to remove by hand.
 */
export class FileLock {
  readonly #connection: DatabaseSync;

  private constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /** @returns undefined when somebody else holds it @throws errors of `node:sqlite` */
  static acquire(path: string): FileLock | undefined {
    const connection = new DatabaseSync(path, { timeout: 0 });
    try {
      connection.exec('BEGIN EXCLUSIVE');
      return new FileLock(connection);
    } catch (error) {
      connection.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  release(): void {
    this.#connection.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
