import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { refusalOfSystem, type DiskRefusal } from './system-refusal.ts';

/** What a write has to find room for before the disk counts as one that takes writes. */
const PROBE_BYTES = 1024 * 1024;

/** The probe of the disk that a database's file lies on. */
export function probeBeside(file: string): string {
  return `${file}-probe`;
}

/**
 * Writes a file really, syncs and removes it: a quota or a file system that has gone read-only shows in no figure.
 *
 * @returns what the disk refused it for; undefined when it took it, or failed in another way
 */
export function probeDisk(path: string): DiskRefusal | undefined {
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      const piece = Buffer.alloc(PROBE_BYTES, 1);
      for (let written = 0; written < piece.length;) written += writeSync(file, piece, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return undefined;
  } catch (error) {
    return refusalOfSystem(error);
  } finally {
    removeProbe(path);
  }
}

/** Removes what a process left that was killed while it probed. */
export function removeProbe(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // On a read-only file system it was never there.
  }
}
