import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DatabaseError } from '../database.error.js';
import type { WritePurpose } from '../write-batch.js';
import { Disk, DISK_REASONS, type DiskState } from './disk.js';
import { makeDurableDirectory } from './durable-directory.js';
import { probeDisk, removeProbe } from './probe.js';
import type { DiskRefusal } from './system-refusal.js';
import { refusalOf } from './refusal.js';
import { Reserve } from './reserve.js';

/** What is watched, and how much must stay free. */
export interface DiskOptions {
  /** Directories that are written to; the first is the database's, and holds the reserve. */
  readonly directories: readonly [string, ...string[]];
  /** Below this nothing new is taken; on a small file system below an eighth of it. */
  readonly minFreeBytes: number;
  /** Bytes that are written ahead, and given up when the disk is full; on a small file system an eighth of it. */
  readonly reserveBytes: number;
}

/** What the watch is made with; tests put others in their place. */
export interface DiskTools {
  /** Calls back once after the delay. Returns what cancels it. */
  readonly setTimer: (delayMs: number, callback: () => void) => () => void;
  /** Bytes that this process may still write below a directory. */
  readonly freeBytes: (directory: string) => Promise<number>;
  /** Bytes of the file system below a directory; 0 when it does not say. */
  readonly totalBytes: (directory: string) => Promise<number>;
  /** Writes really; see `probeDisk`. */
  readonly probe: (path: string) => DiskRefusal | undefined;
}

/** A file that is written to find out whether it can be. */
const PROBE = 'disk-probe';

/** How often the free space is looked at, in ms: one call of the operating system. */
const INTERVAL_MS = 1_000;

/** Part of a file system that the floor and the reserve may each take, so that a small one can be used at all. */
const LARGEST_PART = 1 / 8;

/** More must be free to take writes again than to go on with them, so that the state does not come and go with each push. */
const SLACK = 1 / 8;

const SYSTEM: DiskTools = {
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
  totalBytes: async (directory) => {
    const { blocks, bsize } = await statfs(directory);
    return blocks * bsize;
  },
  probe: probeDisk,
};

/**
 * Watches the free space, and what became of writes. It leaves `writable` as soon as either says so, and comes back when there is room
 * for the reserve and what must stay free, and a write really succeeded. Each change of state is logged once.
 */
export class WatchedDisk extends Disk {
  readonly #logger = new Logger('Disk');
  readonly #reserve: Reserve;
  readonly #listeners = new Set<(state: DiskState) => void>();
  #state: DiskState = 'writable';
  #freeBytes: number | undefined;
  #writtenBytes = 0;
  #proof: () => Promise<unknown> = () => Promise.resolve();
  #looking: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  private constructor(
    private readonly options: DiskOptions,
    private readonly tools: DiskTools,
  ) {
    super();
    this.#reserve = new Reserve(join(options.directories[0], 'reserve'), options.reserveBytes);
  }

  /** Creates the directories, looks for the first time, and fills the reserve. @throws DatabaseError `READ_ONLY` */
  static async open(options: DiskOptions, tools: Partial<DiskTools> = {}): Promise<WatchedDisk> {
    try {
      for (const directory of options.directories) makeDurableDirectory(directory);
    } catch (error) {
      // With no room for a directory the rest of the start says so, and more.
      if (refusalOf(error) === 'readonly') {
        throw new DatabaseError('READ_ONLY', `${options.directories[0]} is on a read-only file system`, {
          cause: error,
        });
      }
      if (refusalOf(error) === undefined) throw error;
    }
    for (const directory of options.directories) removeProbe(join(directory, PROBE));
    const all = { ...SYSTEM, ...tools };
    const disk = new WatchedDisk(await fitted(options, all), all);
    await disk.look();
    disk.#setTimer();
    return disk;
  }

  override get state(): DiskState {
    return this.#state;
  }

  override get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  override get reserveBytes(): number {
    return this.#reserve.bytes;
  }

  override refused(error: unknown): DiskRefusal | undefined {
    const refusal = refusalOf(error);
    if (refusal !== undefined) this.#become(refusal);
    return refusal;
  }

  override wrote(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes >= this.options.minFreeBytes * SLACK) void this.look();
  }

  override makeRoom(purpose: WritePurpose): boolean {
    const made = this.#reserve.giveUp(purpose);
    if (made) {
      this.#logger.warn(
        `gave up a part of the reserve for ${purpose}: ${this.#reserve.bytes} bytes of it are left`,
      );
    }
    return made;
  }

  override proveBy(write: () => Promise<unknown>): void {
    this.#proof = write;
  }

  override onChange(listener: (state: DiskState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** Looks at the free space now, and tries to write where that is what is in doubt. Never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#writtenBytes = 0;
    const free = await this.#measure();
    if (this.#closed) return;
    if (free === undefined) {
      // Nothing tells when there is room again but a write.
      if (this.#state !== 'writable') await this.#tryWriting();
      return;
    }
    const { minFreeBytes } = this.options;
    const { missingBytes } = this.#reserve;
    if (this.#state === 'writable' && missingBytes <= 0) {
      if (free < minFreeBytes) this.#become('low');
      return;
    }
    const slackBytes = this.#state === 'writable' ? 0 : minFreeBytes * SLACK;
    if (free < minFreeBytes + missingBytes + slackBytes) {
      if (this.#state === 'writable') this.#become('low');
      return;
    }
    await this.#tryWriting();
  }

  async #measure(): Promise<number | undefined> {
    try {
      const { directories } = this.options;
      const free = await Promise.all(directories.map((directory) => this.tools.freeBytes(directory)));
      this.#freeBytes = Math.min(...free);
    } catch {
      // A file system that tells no figure is judged by its writes alone.
      this.#freeBytes = undefined;
    }
    return this.#freeBytes;
  }

  async #tryWriting(): Promise<void> {
    for (const directory of this.options.directories) {
      const refusal = this.tools.probe(join(directory, PROBE));
      if (refusal !== undefined) {
        this.#become(refusal);
        return;
      }
    }
    try {
      await this.#reserve.build();
      await this.#proof();
    } catch (error) {
      this.#become(refusalOf(error) ?? this.#state);
      return;
    }
    if (!this.#closed) this.#become('writable');
  }

  #become(state: DiskState): void {
    if (state === this.#state) return;
    const over = this.#state === 'readonly' ? 'the file system can be written again' : 'there is room again';
    this.#state = state;
    const free = this.#freeBytes === undefined ? '' : ` (${this.#freeBytes} bytes were free when last seen)`;
    if (state === 'writable') this.#logger.log(`${over}, and writing goes on${free}`);
    else this.#logger.error(`${DISK_REASONS[state]}${free}${this.#advice(state)}`);
    for (const listener of this.#listeners) listener(state);
  }

  #advice(state: DiskState): string {
    if (state === 'readonly') return '';
    const { directories, minFreeBytes, reserveBytes } = this.options;
    const needed = minFreeBytes + reserveBytes - this.#reserve.bytes;
    return `: make room below ${[...new Set(directories)].join(' and ')}; at least ${needed} bytes must be free`;
  }

  #setTimer(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.tools.setTimer(INTERVAL_MS, () => {
      void this.look().then(() => this.#setTimer());
    });
  }
}

/** What the file systems are large enough for. */
async function fitted(options: DiskOptions, { totalBytes }: DiskTools): Promise<DiskOptions> {
  const totals = await Promise.all(
    options.directories.map((directory) => totalBytes(directory).catch(() => 0)),
  );
  const part = Math.min(...totals.filter((total) => total > 0)) * LARGEST_PART;
  return {
    ...options,
    minFreeBytes: Math.min(options.minFreeBytes, Math.floor(part)),
    reserveBytes: Math.min(options.reserveBytes, Math.floor(part)),
  };
}
