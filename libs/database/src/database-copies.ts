import type { Step } from './write-batch.js';

/** How far a copy is, in pages of the database. */
export interface CopyProgress {
  readonly donePages: number;
  readonly totalPages: number;
}

/** A copy that is wanted. */
export interface CopyRequest {
  /** A file that does not exist. */
  readonly path: string;
  /** What is changed in the copy before it is finished, so that whoever opens it knows what it is. */
  readonly marks: readonly Pick<Step, 'sql' | 'params'>[];
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** Makes copies of the database while it is being used. */
export abstract class DatabaseCopies {
  /**
   * Copies the database as it is at one moment: every batch whose commit resolved before the call is in the copy, and each batch is in it
   * wholly or not at all. Neither reads nor commits wait for it. When it resolves, the copy is one file, and durable.
   *
   * @throws DatabaseError when the copy cannot be made; nothing is left of it then
   */
  abstract copy(request: CopyRequest): Promise<void>;
}
