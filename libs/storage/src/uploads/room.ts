import { DISK_REASONS, type Disk } from '@herald/database';
import type { ByteSource } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';

/**
 * Whether the disk takes the bytes of clients. That it takes no more is a state that passes, and not a defect: the client is told so
 * and may come back, to the same session and the bytes that are in it.
 */
export class Room {
  constructor(private readonly disk: Disk) {}

  /** @throws StorageError `UNAVAILABLE` while nothing new is taken */
  required(): void {
    const { refusal } = this.disk;
    if (refusal !== undefined) throw new StorageError('UNAVAILABLE', refusal);
  }

  /** Bytes on their way to the disk. They break off where it takes no more, so that one large upload cannot fill it to the brim. */
  async *metered(source: ByteSource): ByteSource {
    for await (const piece of source) {
      this.required();
      this.disk.wrote(piece.length);
      yield piece;
    }
  }

  /** Runs what writes to files. @throws StorageError `UNAVAILABLE` when the disk refused that */
  async for<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const refusal = this.disk.refused(error);
      if (refusal === undefined) throw error;
      throw new StorageError('UNAVAILABLE', DISK_REASONS[refusal], { cause: error });
    }
  }
}
