import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatabaseError } from '../database.error.js';
import type { CommitOutcome, Step, WriteBatch } from '../write-batch.js';
import type { BatchResult } from './group-commit.js';
import type { GroupMessage, ResultMessage } from './writer-thread.js';

/** Batches that may wait. A client is told to come back when it is reached: memory is bounded, and the queue is never a minute long. */
const MAX_WAITING = 10_000;

/** Batches of one transaction: bounds how long a batch waits for those beside it. */
const MAX_GROUP = 1_000;

interface Waiting {
  readonly batch: WriteBatch;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: DatabaseError) => void;
}

/**
 * The main thread's side of the writer. One group is under way at a time; whatever arrives meanwhile forms the next one. There is no
 * time window: a lone batch is committed at once, and under load the groups grow by themselves.
 */
export class Writer {
  readonly #worker: Worker;
  readonly #onDeath: (error: Error) => void;
  #waiting: Waiting[] = [];
  #underWay: Waiting[] = [];
  #state: 'open' | 'closing' | 'dead' = 'open';
  #idle: (() => void) | undefined;
  /** The thread has ended. From the beginning: it may end while nobody waits for that yet. */
  readonly #ended = Promise.withResolvers<void>();

  /** @param onDeath called once if the thread ends unasked: nothing can be committed any more, and the process should end. */
  constructor(path: string, onDeath: (error: Error) => void) {
    this.#onDeath = onDeath;
    const file = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: path, name: 'writer' });
    this.#worker.on('message', (message: ResultMessage) => {
      this.#settle(message.results);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#die(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => {
      this.#ended.resolve();
      if (this.#state === 'open') this.#die(new Error('the writer thread ended'));
    });
  }

  /** Batches handed in and not yet answered. */
  get depth(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  commit(batch: WriteBatch): Promise<CommitOutcome> {
    if (this.#state !== 'open') return Promise.reject(new DatabaseError('CLOSED', 'the database is closed'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new DatabaseError('OVERLOADED', `${MAX_WAITING} writes are waiting already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      if (this.#underWay.length === 0) this.#next();
    });
  }

  /** Resolves when all that waits is answered and the thread has closed the file. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    if (this.depth > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#worker.postMessage('close');
    await this.#ended.promise;
  }

  #next(): void {
    this.#underWay = this.#waiting.splice(0, MAX_GROUP);
    if (this.#underWay.length === 0) {
      this.#idle?.();
      return;
    }
    const group: readonly (readonly Step[])[] = this.#underWay.map(({ batch }) => batch.steps);
    const message: GroupMessage = { group };
    this.#worker.postMessage(message);
  }

  #settle(results: readonly BatchResult[]): void {
    const settled = this.#underWay;
    // The next group goes out first, so that the thread works while this one is answered.
    this.#next();
    for (const [index, { batch, resolve, reject }] of settled.entries()) {
      const result = results[index];
      if (result === undefined) reject(new DatabaseError('CLOSED', 'the writer gave no answer'));
      else if ('failure' in result) reject(new DatabaseError(result.failure.code, result.failure.message));
      else {
        if (result.committed) batch.committed();
        resolve(result);
      }
    }
  }

  #die(cause: Error): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    const error = new DatabaseError('CLOSED', `the writer died: ${cause.message}`, { cause });
    for (const { reject } of [...this.#underWay, ...this.#waiting]) reject(error);
    this.#underWay = [];
    this.#waiting = [];
    this.#idle?.();
    this.#onDeath(error);
  }
}
