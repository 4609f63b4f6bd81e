import { DatabaseError } from '../database.error.js';
import { refusalOfSystem, type DiskRefusal } from './system-refusal.js';

/** What an error of the operating system or of the database says of the disk; undefined when it speaks of something else. */
export function refusalOf(error: unknown): DiskRefusal | undefined {
  if (!(error instanceof DatabaseError)) return refusalOfSystem(error);
  if (error.code === 'FULL') return 'full';
  return error.code === 'READ_ONLY' ? 'readonly' : undefined;
}
