import { createHash, type Hash } from 'node:crypto';

/** Sessions whose hash is kept while they wait for their next request; of others the bytes are read again when they close. */
const MAX_KEPT = 10_000;

interface RunningHash {
  readonly hash: Hash;
  sizeBytes: number;
}

/**
 * The sha256 of uploads so far, so that a blob is hashed while it arrives. It is a saving and no truth: when it is missing, or does
 * not stand at the upload's length, the bytes are read from the file.
 */
export class UploadHashes {
  readonly #running = new Map<string, RunningHash>();

  /** The hash that stands at `sizeBytes`, to go on from; `undefined` when the file has to be read. */
  at(key: string, sizeBytes: number): RunningHash | undefined {
    const running = this.#running.get(key);
    if (running?.sizeBytes === sizeBytes) return running;
    this.#running.delete(key);
    return sizeBytes === 0 ? this.#begin(key) : undefined;
  }

  forget(key: string): void {
    this.#running.delete(key);
  }

  #begin(key: string): RunningHash {
    const oldest = this.#running.keys().next();
    if (this.#running.size >= MAX_KEPT && !oldest.done) this.#running.delete(oldest.value);
    const running = { hash: createHash('sha256'), sizeBytes: 0 };
    this.#running.set(key, running);
    return running;
  }
}
