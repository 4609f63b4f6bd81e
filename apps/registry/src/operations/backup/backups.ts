import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DatabaseCopies } from '@herald/database';
import { Clock, COPIED_LOG } from '@herald/notifications';
import { BlobInventory, CollectionHolds, type BlobFile } from '@herald/storage';
import { BackupDirectory } from './backup-directory.js';
import { BackupError } from './backup.error.js';

/** How the backup that was begun last fares. Times are ms since 1970. */
export type BackupStatus =
  | { readonly state: 'none' }
  | {
      readonly state: 'copying';
      readonly directory: string;
      readonly donePages: number;
      readonly totalPages: number;
    }
  | { readonly state: 'listing'; readonly directory: string; readonly blobs: number }
  | {
      readonly state: 'finished';
      readonly directory: string;
      readonly blobs: number;
      /** Of the blobs together. */
      readonly blobBytes: number;
      readonly durationMs: number;
      /** Until then nothing that is on the list is removed, unless the hold is released. */
      readonly heldUntilMs: number;
    }
  | { readonly state: 'failed'; readonly directory: string; readonly reason: string };

/** Blobs of one page of the list. */
const PAGE = 1_000;

/** Name of the hold on garbage collection: one backup at a time. */
const HOLD = 'backup';

/**
 * Makes backups of a registry that goes on working: a copy of the database as it is at one moment, then the list of the blobs in it. The
 * operator copies these afterwards; so that they are still there then, collection is held from before the copy on.
 */
@Injectable()
export class Backups implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Backups');
  #status: BackupStatus = { state: 'none' };
  #underWay: Promise<void> | undefined;
  #stopping = false;

  constructor(
    private readonly copies: DatabaseCopies,
    private readonly inventory: BlobInventory,
    private readonly holds: CollectionHolds,
    private readonly clock: Clock,
  ) {}

  get status(): BackupStatus {
    return this.#status;
  }

  /**
   * Begins a backup; {@link status} tells how it goes on.
   *
   * @param holdMs how long collection is held, if nobody releases it before
   * @throws BackupError before anything is written; DatabaseError
   */
  async begin(path: string, holdMs: number): Promise<BackupStatus> {
    if (this.#underWay !== undefined) {
      throw new BackupError('UNDER_WAY', 'another backup is being made: wait until it is finished');
    }
    const begun = this.#begin(path, holdMs);
    // Whoever asks meanwhile finds a backup under way, also before its directory is made.
    this.#underWay = begun.then((work) => work()).catch(() => undefined);
    void this.#underWay.then(() => (this.#underWay = undefined));
    await begun;
    return this.#status;
  }

  /** The blobs are copied: they may be collected again. @throws DatabaseError */
  async release(): Promise<void> {
    await this.holds.release(HOLD);
  }

  /** A backup that is being made is called off, and nothing is left of it: a stop does not wait for gigabytes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#underWay;
  }

  async #begin(path: string, holdMs: number): Promise<() => Promise<void>> {
    const directory = await BackupDirectory.create(path);
    const heldUntilMs = await this.holds.hold(HOLD, holdMs);
    this.#status = { state: 'copying', directory: path, donePages: 0, totalPages: 0 };
    return () => this.#make(directory, heldUntilMs);
  }

  async #make(directory: BackupDirectory, heldUntilMs: number): Promise<void> {
    const startedMs = this.clock.monotonic();
    const { path } = directory;
    try {
      await this.copies.copy({
        path: directory.database,
        marks: [COPIED_LOG],
        onProgress: (progress) => {
          this.#goOn();
          this.#status = { state: 'copying', directory: path, ...progress };
        },
      });
      const listed = { blobs: 0, blobBytes: 0 };
      await directory.writeBlobs(this.#pages(path, listed));
      await directory.finish();
      const durationMs = Math.round(this.clock.monotonic() - startedMs);
      this.#status = { state: 'finished', directory: path, ...listed, durationMs, heldUntilMs };
      this.#logger.log(`backup in ${path}: the database, and a list of ${listed.blobs} blobs to be copied`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown error';
      this.#status = { state: 'failed', directory: path, reason };
      this.#logger.error(`the backup in ${path} failed: ${reason}`);
      await directory.discard().catch(() => undefined);
      await this.release().catch(() => undefined);
    }
  }

  /** @throws when the program stops */
  #goOn(): void {
    if (this.#stopping) throw new Error('the program stops');
  }

  async *#pages(
    directory: string,
    listed: { blobs: number; blobBytes: number },
  ): AsyncGenerator<readonly BlobFile[]> {
    let after = '';
    for (;;) {
      this.#goOn();
      const page = await this.inventory.page(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.digest;
      listed.blobs += page.length;
      listed.blobBytes += page.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      this.#status = { state: 'listing', directory, blobs: listed.blobs };
      yield page;
    }
  }
}
