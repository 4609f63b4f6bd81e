/** Which state of the disk a refused write means. */
export type DiskRefusal = 'full' | 'readonly';

const REFUSALS: Readonly<Record<string, DiskRefusal>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'readonly',
};

/** What an error of the operating system says of the disk; undefined when it speaks of something else. */
export function refusalOfSystem(error: unknown): DiskRefusal | undefined {
  return error instanceof Error && 'code' in error ? REFUSALS[String(error.code)] : undefined;
}
