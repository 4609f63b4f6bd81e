import { DatabaseError } from '@herald/database';
import { EXIT_CODE } from './cli/exit-code.js';
import { DataDirectoryInUse } from './data-directory/data-directory-lock.js';

/** Why the program could not begin its work, for people and for whoever started it. */
export interface StartFailure {
  readonly message: string;
  readonly exitCode: number;
}

/** Says what is wrong and what to do about it. */
export function startFailureOf(error: unknown): StartFailure {
  if (error instanceof DataDirectoryInUse) {
    return { message: error.message, exitCode: EXIT_CODE.dataDirectoryInUse };
  }
  return { message: explain(error), exitCode: EXIT_CODE.startFailed };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DatabaseError && error.code === 'FULL') {
    return `${error.message}: there is no room for the little that a start writes; make some on the disk of the data`;
  }
  const { code } = error as NodeJS.ErrnoException;
  const { message } = error;
  if (code === 'EADDRINUSE') return `${message}: another program listens there; choose another http.addr`;
  if (code === 'EROFS') {
    return `${message}: the file system of the data is read-only; mount it for writing, or choose another storage.filesystem.rootdirectory`;
  }
  if (code === 'EACCES') return `${message}: this user may not do that`;
  return message;
}
