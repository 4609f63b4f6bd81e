import type { StorageDriver } from '../drivers/storage-driver.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import { StorageError } from '../repository/storage.error.js';
import { RunningHashes, type UploadHashes } from './upload-hashes.js';

/** An upload as it is to be closed. */
export interface ClosingUpload {
  readonly key: string;
  readonly sizeBytes: number;
}

/** The hashes of a whole upload, by sha256 and by the algorithm of its digest; read from its file where they did not come along. */
export async function hashesOfUpload(
  { key, sizeBytes }: ClosingUpload,
  digest: Digest,
  hashes: UploadHashes,
  driver: StorageDriver,
): Promise<RunningHashes> {
  const kept = hashes.at(key, sizeBytes);
  if (kept?.digest(digestAlgorithm(digest)) !== undefined) return kept;
  const running = hashesFor(digest);
  for await (const piece of driver.readUpload(key)) running.update(piece);
  return running;
}

/** The hashes of a content, by sha256 and by the algorithm of its digest. */
export function hashesOfBytes(bytes: Uint8Array, digest: Digest): RunningHashes {
  const running = hashesFor(digest);
  running.update(bytes);
  return running;
}

/**
 * Compares what was uploaded with what the client says that it is.
 *
 * @returns the sha256 of the bytes, which their file is named by
 * @throws StorageError `DIGEST_INVALID`
 */
export function checkedDigest(hashes: RunningHashes, digest: Digest): Digest {
  const computed = hashes.digest(digestAlgorithm(digest));
  const stored = hashes.digest('sha256');
  if (computed !== digest || stored === undefined) {
    throw new StorageError('DIGEST_INVALID', 'the uploaded bytes are not what the digest names', {
      detail: { computed, sizeBytes: hashes.sizeBytes },
    });
  }
  return stored;
}

function hashesFor(digest: Digest): RunningHashes {
  return new RunningHashes(new Set(['sha256', digestAlgorithm(digest)]));
}
