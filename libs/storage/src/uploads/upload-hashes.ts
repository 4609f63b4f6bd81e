import { createHash, type Hash } from 'node:crypto';
import type { Digest, DigestAlgorithm } from '../repository/digest.js';

/** Sessions whose hashes are kept while they wait for their next request; of others the bytes are read again when they close. */
const MAX_KEPT = 10_000;

/** The hashes of the first bytes of an upload. */
export class RunningHashes {
  readonly #hashes: ReadonlyMap<DigestAlgorithm, Hash>;
  #sizeBytes = 0;

  constructor(algorithms: Iterable<DigestAlgorithm>) {
    this.#hashes = new Map([...algorithms].map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** How many bytes they stand at. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  update(piece: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(piece);
    this.#sizeBytes += piece.length;
  }

  /** The digest so far, and they can go on; `undefined` for an algorithm that is not among them. */
  digest(algorithm: DigestAlgorithm): Digest | undefined {
    const hash = this.#hashes.get(algorithm);
    return hash && (`${algorithm}:${hash.copy().digest('hex')}` as Digest);
  }
}

/**
 * The hashes of uploads so far, so that a blob is hashed while it arrives: by sha256 always, and by the algorithm that the client
 * announced, because two at once cost three times as much as one. It is a saving and no truth: when they are missing, or do not stand
 * at the upload's length, the bytes are read from the file.
 */
export class UploadHashes {
  readonly #running = new Map<string, RunningHashes>();

  /** Hashes a new upload by this algorithm too. */
  announce(key: string, algorithm: DigestAlgorithm): void {
    if (algorithm !== 'sha256') this.#begin(key, ['sha256', algorithm]);
  }

  /** The hashes that stand at `sizeBytes`, to go on from; `undefined` when the file has to be read. */
  at(key: string, sizeBytes: number): RunningHashes | undefined {
    const running = this.#running.get(key);
    if (running?.sizeBytes === sizeBytes) return running;
    this.#running.delete(key);
    return sizeBytes === 0 ? this.#begin(key, ['sha256']) : undefined;
  }

  forget(key: string): void {
    this.#running.delete(key);
  }

  #begin(key: string, algorithms: readonly DigestAlgorithm[]): RunningHashes {
    const oldest = this.#running.keys().next();
    if (this.#running.size >= MAX_KEPT && !oldest.done) this.#running.delete(oldest.value);
    const running = new RunningHashes(algorithms);
    this.#running.set(key, running);
    return running;
  }
}
