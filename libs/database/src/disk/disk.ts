import type { WritePurpose } from '../write-batch.js';
import { refusalOf } from './refusal.js';
import type { DiskRefusal } from './system-refusal.js';

/**
 * - `writable` there is room
 * - `low` less is free than the operator wants kept: nothing new is taken, so that what is under way can end
 * - `full` a write was refused for want of room
 * - `readonly` a write was refused because the file system, or the file, cannot be written
 */
export type DiskState = 'writable' | 'low' | 'full' | 'readonly';

/** Why nothing new is taken, in words that may be shown to a client: no path, and no figure. */
export const DISK_REASONS: Readonly<Record<Exclude<DiskState, 'writable'>, string>> = {
  low: 'the disk is nearly full: nothing can be pushed or changed until there is room; pulls go on',
  full: 'the disk is full: nothing can be pushed or changed until there is room; pulls go on',
  readonly: 'the file system is read-only: nothing can be pushed or changed until that ends; pulls go on',
};

/**
 * What the disk under the data can take. A full disk and a read-only file system are states that pass, and not crashes: whoever writes
 * asks first, tells what the disk answered, and goes on when there is room.
 */
export abstract class Disk {
  abstract readonly state: DiskState;

  /** Bytes that were free when last looked at; undefined when nobody looks. */
  abstract readonly freeBytes: number | undefined;

  /** Bytes of the reserve that are there to be given up. */
  abstract readonly reserveBytes: number;

  /** A write ended in this error. @returns what it says of the disk; undefined when it says nothing */
  abstract refused(error: unknown): DiskRefusal | undefined;

  /** Bytes were written that the database knows nothing of: many of them make it look again before its time. */
  abstract wrote(bytes: number): void;

  /** Gives up as much of the reserve as the purpose is worth. @returns whether that made room */
  abstract makeRoom(purpose: WritePurpose): boolean;

  /** What must succeed, beside a written file, before the disk is believed to be writable again. */
  abstract proveBy(write: () => Promise<unknown>): void;

  /** Calls back after each change of state. Returns what ends it. */
  abstract onChange(listener: (state: DiskState) => void): () => void;

  abstract close(): void;

  /** Whether a write of this purpose may be tried. What is new is refused before it can endanger what was promised already. */
  admits(purpose: WritePurpose): boolean {
    return this.state === 'writable' || (purpose !== 'change' && this.state !== 'readonly');
  }

  /** Why nothing new is taken; undefined while it is. */
  get refusal(): string | undefined {
    return this.state === 'writable' ? undefined : DISK_REASONS[this.state];
  }
}

/** A disk that nobody watches: each write is tried, and fails by itself. */
export class UnwatchedDisk extends Disk {
  override readonly state = 'writable';
  override readonly freeBytes = undefined;
  override readonly reserveBytes = 0;

  override refused(error: unknown): DiskRefusal | undefined {
    return refusalOf(error);
  }

  override wrote(_bytes: number): void {
    // Nobody counts.
  }

  override makeRoom(): boolean {
    return false;
  }

  override proveBy(): void {
    // Nothing is ever to be proven.
  }

  override onChange(): () => void {
    return () => undefined;
  }

  override close(): void {
    // Nothing is open.
  }
}
