import type { Database } from '@herald/database';
import type { Output } from './delete-repository.js';

/** What work on the data of a registry that does not run needs. Whoever has it holds the data directory. */
export interface OfflineWork extends Output {
  readonly database: Database;
  readonly rootDirectory: string;
  /** For programs: JSON, one document a line. */
  readonly json: boolean;
}

/** A line for people, or a document for programs. */
export function tell({ stdout, json }: OfflineWork, document: object, line: string): void {
  stdout(json ? `${JSON.stringify(document)}\n` : `${line.replaceAll(/\p{Cc}/gu, '?')}\n`);
}
