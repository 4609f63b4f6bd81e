import type { Database, WriteBatch } from '@herald/database';
import type { StorageClock } from '../maintenance/storage-clock.js';
import type { Digest } from '../repository/digest.js';

/** How long a session that became a blob is remembered, in ms. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * What sessions became. A client whose answer was lost closes its session again, and is to hear the same once more: the blob is there,
 * and nothing happened a second time. The row is part of the batch that made the blob, so a crash cannot part the two.
 */
export class FinishedUploads {
  constructor(
    private readonly database: Database,
    private readonly clock: StorageClock,
  ) {}

  /** Whether the session became the content of this name, as the client named it, in the last ten minutes. */
  async became(key: string, digest: Digest): Promise<boolean> {
    const rows = await this.database.read(
      'SELECT 1 FROM finished_uploads WHERE key = ? AND digest = ? AND finished_ms >= ?',
      [key, digest, this.#oldestMs()],
    );
    return rows.length > 0;
  }

  /** Joins the batch that makes the blob; forgets sessions that are too old on the way. */
  note(batch: WriteBatch, key: string, digest: Digest): void {
    batch
      .run('DELETE FROM finished_uploads WHERE finished_ms < ?', [this.#oldestMs()])
      .run(
        'INSERT INTO finished_uploads (key, digest, finished_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        [key, digest, this.clock.now()],
      );
  }

  #oldestMs(): number {
    return this.clock.now() - REMEMBERED_MS;
  }
}
