/**
 * - `OVERLOADED` the writer's queue is full: try again later
 * - `FULL` no space left: nothing was committed
 * - `READ_ONLY` the file or file system cannot be written
 * - `IO` the disk failed: whether the batch was committed, the next start finds out
 * - `CORRUPT` the file is not a sound database
 * - `IN_USE` another process has the database
 * - `CLOSED` the database was closed, or its writer died
 * - `SCHEMA` the schema is newer than this program, or a migration failed
 * - `STATEMENT` a statement is wrong: a defect of the program
 */
export type DatabaseErrorCode =
  'OVERLOADED' | 'FULL' | 'READ_ONLY' | 'IO' | 'CORRUPT' | 'IN_USE' | 'CLOSED' | 'SCHEMA' | 'STATEMENT';

/** Every failure of the database, told apart by what the caller can do about it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly code: DatabaseErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
