import type { StorageDriver } from '../drivers/storage-driver.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import { StorageError } from '../repository/storage.error.js';
import { RunningHashes, type UploadHashes } from './upload-hashes.js';

/** An upload as it is to be closed. */
export interface ClosingUpload {
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * Compares what was uploaded with what the client says that it is.
 *
 * @returns the sha256 of the bytes, which their file is named by
 * @throws StorageError `DIGEST_INVALID`
 */
export async function checkedDigest(
  { key, sizeBytes }: ClosingUpload,
  digest: Digest,
  hashes: UploadHashes,
  driver: StorageDriver,
): Promise<Digest> {
  const algorithm = digestAlgorithm(digest);
  let running = hashes.at(key, sizeBytes);
  if (running?.digest(algorithm) === undefined) {
    running = new RunningHashes(new Set(['sha256', algorithm]));
    for await (const piece of driver.readUpload(key)) running.update(piece);
  }
  const computed = running.digest(algorithm);
  const stored = running.digest('sha256');
  if (computed !== digest || stored === undefined) {
    throw new StorageError('DIGEST_INVALID', 'the uploaded bytes are not what the digest names', {
      detail: { computed, sizeBytes },
    });
  }
  return stored;
}
