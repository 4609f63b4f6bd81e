import { DatabaseError, DISK_REASONS, type Database, type WriteBatch } from '@herald/database';
import { StorageError } from '../repository/storage.error.js';

/** How long a change may be built again because others were faster, in ms. */
const DEADLINE_MS = 5_000;

/**
 * Commits a change that was built from what was read. When somebody else changed that meanwhile, the batch is undone, and `build`
 * reads and builds again. `build` gives `undefined` when what it read says that there is nothing to do.
 *
 * @returns whether a batch was committed; it is durable then
 * @throws StorageError `UNAVAILABLE` when the deadline is over or the database cannot be written, and whatever `build` throws
 */
export async function commitChange(
  database: Database,
  build: () => Promise<WriteBatch | undefined>,
): Promise<boolean> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const batch = await unlessUnavailable(build);
    if (batch === undefined) return false;
    const outcome = await unlessUnavailable(() => database.commit(batch));
    if (outcome.committed) return true;
    if (performance.now() > deadline) {
      throw new StorageError(
        'UNAVAILABLE',
        `others kept changing it at the same time: ${outcome.precondition}`,
      );
    }
  }
}

async function unlessUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DatabaseError && error.code !== 'STATEMENT') {
      throw new StorageError('UNAVAILABLE', REASONS[error.code] ?? 'the metadata cannot be written now', {
        cause: error,
      });
    }
    throw error;
  }
}

const REASONS: Partial<Record<DatabaseError['code'], string>> = {
  FULL: DISK_REASONS.full,
  READ_ONLY: DISK_REASONS.readonly,
  OVERLOADED: 'too many changes are waiting',
};
