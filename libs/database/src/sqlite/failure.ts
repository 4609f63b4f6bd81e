import type { DatabaseErrorCode } from '../database.error.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say something other than "the statement is wrong". */
const CODES: Readonly<Record<number, DatabaseErrorCode>> = {
  5: 'IO', // BUSY: somebody else holds the file, which the lock on the data directory rules out
  8: 'READ_ONLY',
  10: 'IO',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'IO', // CANTOPEN
  26: 'CORRUPT', // NOTADB
};

/** A failure as it crosses from the writer's thread. */
export interface Failure {
  readonly code: DatabaseErrorCode;
  readonly message: string;
}

/** Tells what an exception of `node:sqlite` means. Full disks come as FULL, or as an I/O error whose text says so. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  // The lowest byte is the primary code, the rest tells more.
  return { code: CODES[errcode & 0xff] ?? 'STATEMENT', message };
}
