import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { WriteBatch, type Database } from '@herald/database';
import type { StorageClock } from '../maintenance/storage-clock.js';
import { noteSighting, type SeenBefore, type Sighted } from './sighting.js';

/** ms after which buffered notes are written. */
const FLUSH_AFTER_MS = 1_000;

/** Notes that are buffered. With more, one note that covers everything takes their place. */
const MAX_BUFFERED = 20_000;

/** Notes of one batch. */
const BATCH_SIZE = 250;

/** Somebody was told of a content. */
interface Note {
  readonly content: Sighted;
  readonly atMs: number;
}

/**
 * When somebody was last told that a content is in a repository: the grace of garbage collection counts from there, because a client
 * that was told so pushes a manifest next and not the content.
 *
 * Pushes and mounts write it in their own batch. Reads do not wait for a disk: they leave a note here, which is written a second later,
 * and only when the last one is older than the precision. Nothing rests on a note that was lost:
 *
 * - A note that is not written yet counts: collection asks here before each removal ({@link unlessSeen}), and who reads a content that
 *   is just being removed waits for the outcome.
 * - A process says that it takes notes (`open`) before it answers anybody, and at its end that all of them are written (`closed`). Who
 *   finds `open` at the start comes after a crash: everything counts as seen then, at the floor.
 * - When too many notes wait, the floor is raised instead: one note that says "everything".
 */
export class Sightings implements OnApplicationShutdown {
  readonly #logger = new Logger('Sightings');
  readonly #reading = new Map<string, number>();
  readonly #removing = new Map<string, Promise<void>>();
  #noted = new Map<string, Note>();
  #writing: ReadonlyMap<string, Note> = new Map();
  #everything = false;
  #floorMs = 0;
  #flushing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  /** @param precisionMs how much older than the truth what is written down may be */
  constructor(
    private readonly database: Database,
    private readonly clock: StorageClock,
    readonly precisionMs: number,
  ) {}

  /** Before anybody is answered. */
  async open(): Promise<void> {
    const nowMs = this.clock.now();
    await this.database.commit(
      new WriteBatch('retention')
        .run("UPDATE collection_state SET floor_ms = max(floor_ms, ?) WHERE sightings = 'open'", [nowMs])
        .run("UPDATE collection_state SET sightings = 'open'"),
    );
    const rows = await this.database.read<{ floor_ms: number }>('SELECT floor_ms FROM collection_state');
    this.#floorMs = rows[0]?.floor_ms ?? nowMs;
  }

  async onApplicationShutdown(): Promise<void> {
    try {
      await this.flush();
      if (this.#noted.size > 0 || this.#everything) return;
      await this.database.commit(
        new WriteBatch('retention').run("UPDATE collection_state SET sightings = 'closed'"),
      );
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#cancelTimer?.();
    }
  }

  /** The time that sightings go by, in ms since 1970. */
  now(): number {
    return this.clock.now();
  }

  /** Reads a content to tell somebody that it is there. */
  async seeing<F extends SeenBefore>(
    content: Sighted,
    read: () => Promise<F | undefined>,
  ): Promise<F | undefined> {
    const key = keyOf(content);
    for (let removal = this.#removing.get(key); removal; removal = this.#removing.get(key)) await removal;
    this.#reading.set(key, (this.#reading.get(key) ?? 0) + 1);
    try {
      const found = await read();
      if (found !== undefined && this.#isNews(found)) this.#note(key, content);
      return found;
    } finally {
      const readers = (this.#reading.get(key) ?? 1) - 1;
      if (readers === 0) this.#reading.delete(key);
      else this.#reading.set(key, readers);
    }
  }

  /**
   * Removes contents, unless somebody is being told at this moment that one of them is there, or was told and it is not written yet.
   * Nobody else is told while it lasts. `undefined` when nothing was done.
   *
   * @param seenByMs what was seen later than that stays
   */
  async unlessSeen<T>(
    contents: readonly Sighted[],
    seenByMs: number,
    remove: () => Promise<T>,
  ): Promise<T | undefined> {
    const keys = contents.map(keyOf);
    if (this.everythingSeenAfter(seenByMs) || keys.some((key) => this.#isSeen(key))) return undefined;
    let release: () => void = () => undefined;
    const removal = new Promise<void>((resolve) => (release = resolve));
    for (const key of keys) this.#removing.set(key, removal);
    try {
      return await remove();
    } finally {
      for (const key of keys) this.#removing.delete(key);
      release();
    }
  }

  /** Whether everything counts as seen later than that: after a crash, or when notes could not be kept apart. */
  everythingSeenAfter(seenByMs: number): boolean {
    return this.#everything || this.#floorMs > seenByMs;
  }

  /** Resolves when every note so far was written, or failed to be and is kept for the next time. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#noted.size === 0 && !this.#everything) return;
    this.#flushing = this.#write();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = undefined;
    }
  }

  #isNews({ seenMs }: SeenBefore): boolean {
    return seenMs === null || seenMs < this.clock.now() - this.precisionMs;
  }

  #isSeen(key: string): boolean {
    return this.#reading.has(key) || this.#noted.has(key) || this.#writing.has(key);
  }

  #note(key: string, content: Sighted): void {
    if (this.#noted.size >= MAX_BUFFERED) this.#everything = true;
    if (!this.#everything) this.#noted.set(key, { content, atMs: this.clock.now() });
    this.#flushSoon();
  }

  #flushSoon(): void {
    this.#cancelTimer ??= this.clock.setTimer(FLUSH_AFTER_MS, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  /** Never rejects: what could not be written goes back, and whoever was told meanwhile is in the new buffer. */
  async #write(): Promise<void> {
    const [notes, everything] = [this.#noted, this.#everything];
    this.#writing = notes;
    this.#noted = new Map();
    try {
      if (everything) await this.#raiseFloor(this.clock.now());
      else await this.#writeNotes([...notes.values()]);
    } catch (error) {
      this.#failed(error);
      this.#everything ||= everything;
      for (const [key, note] of notes) if (!this.#noted.has(key)) this.#noted.set(key, note);
      this.#flushSoon();
    } finally {
      this.#writing = new Map();
    }
  }

  async #writeNotes(notes: readonly Note[]): Promise<void> {
    for (let at = 0; at < notes.length; at += BATCH_SIZE) {
      const batch = new WriteBatch('retention');
      for (const { content, atMs } of notes.slice(at, at + BATCH_SIZE)) noteSighting(batch, content, atMs);
      await this.database.commit(batch);
    }
  }

  async #raiseFloor(nowMs: number): Promise<void> {
    // In memory first: what is told while the batch is on its way is noted by itself again.
    this.#floorMs = nowMs;
    this.#everything = false;
    await this.database.commit(
      new WriteBatch('retention').run('UPDATE collection_state SET floor_ms = ?', [nowMs]),
    );
  }

  #failed(error: unknown): void {
    this.#logger.error(
      'what clients were told to be there could not be noted',
      error instanceof Error ? error.stack : undefined,
    );
  }
}

function keyOf({ kind, repository, digest }: Sighted): string {
  return `${kind} ${repository} ${digest}`;
}
