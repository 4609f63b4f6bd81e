import type { DatabaseErrorCode } from '../database.error.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say something other than "the statement is wrong". */
const CODES: Readonly<Record<number, DatabaseErrorCode>> = {
  5: 'IO', // BUSY: somebody else holds the file, which the lock beside it rules out
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
  /** A write failed, and SQLite's code does not tell of what: the disk has to be asked. What had been synced is not in doubt. */
  readonly doubtful?: true;
}

/** I/O errors of syncs (FSYNC, DIR_FSYNC): what reached the disk is unknown then, whatever the reason was. */
const OF_SYNCS = new Set([10 | (4 << 8), 10 | (5 << 8)]);

const IOERR = 10;
const CANTOPEN = 14;

/**
 * Tells what an exception of `node:sqlite` means. A full disk comes as FULL; a quota that is used up, a file system that has gone
 * read-only, and no room for the WAL's index come as I/O errors, and the operating system's own code is not to be had.
 */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  // The lowest byte is the primary code, the rest tells more.
  const primary = errcode & 0xff;
  const doubtful = primary === CANTOPEN || (primary === IOERR && !OF_SYNCS.has(errcode));
  return { code: CODES[primary] ?? 'STATEMENT', message, ...(doubtful && { doubtful }) };
}
