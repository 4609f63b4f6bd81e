import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { WriteBatch, type Database } from '@herald/database';
import { isOfFiles } from '../drivers/file-error.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { StorageClock } from '../maintenance/storage-clock.js';
import { commitChange } from '../metadata/commit-change.js';
import { createRepository, REPOSITORY_ID } from '../metadata/rows.js';
import type { Alongside, BlobPushed } from '../repository/change.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { KeyedLock } from './keyed-lock.js';

/** A content whose digest was checked, on its way to become a blob. */
export interface Arrival {
  readonly repository: RepositoryName;
  readonly blob: Descriptor;
  readonly alongside: Alongside<BlobPushed>;
}

/** Joins a repository to a blob, if the blob is whole and durable at the commit. Who joins it knows that it is there. */
export function addMembership(
  batch: WriteBatch,
  repository: RepositoryName,
  digest: Digest,
  nowMs: number,
): void {
  createRepository(batch, repository);
  batch
    .require('the blob is present', "SELECT 1 FROM blobs WHERE digest = ? AND state = 'present'", [digest])
    .run(
      `INSERT INTO repository_blobs (repository, digest, seen_ms) VALUES (${REPOSITORY_ID}, ?, ?)
       ON CONFLICT DO UPDATE SET seen_ms = max(coalesce(seen_ms, 0), excluded.seen_ms)`,
      [repository, digest, nowMs],
    );
}

/**
 * How a content becomes a blob. Its row says at each moment who may touch its file:
 *
 * ```
 * (no row) ──claim──► arriving ──file and directories synced──► present ──collection──► leaving ──file gone──► (no row)
 *                        └ crash: the next start settles it                               └ crash: the next start finishes
 * ```
 *
 * The claim is committed before the file appears, and the repository's membership with its events only after the file is durable, in
 * the batch that sets `present`. So there is never a file without a row, and never an event for a blob that a crash could take back.
 * One content is put into place by one arrival at a time; the process is the only one in its data directory.
 */
export class BlobArrivals {
  readonly #logger = new Logger('Blobs');
  readonly #lock = new KeyedLock();

  constructor(
    private readonly database: Database,
    private readonly driver: StorageDriver,
    private readonly clock: StorageClock,
  ) {}

  /** Commits a small content as a row: one batch, no file. Durable when it resolves. */
  async arriveInline({ repository, blob, alongside }: Arrival, bytes: Uint8Array): Promise<void> {
    await this.#lock.run(blob.digest, async () => {
      await commitChange(this.database, async () => {
        const batch = new WriteBatch();
        const state = await this.#state(blob.digest);
        if (state === 'leaving') await this.#remove(blob.digest);
        if (state !== 'present') {
          this.#claim(batch, blob);
          this.#present(batch, blob.digest);
        }
        if (state !== 'present' || !(await this.#isReadable(blob))) {
          batch.run('INSERT INTO inline_contents (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING', [
            blob.digest,
            bytes,
          ]);
          this.#sized(batch, blob);
        }
        return this.#joined(batch, { repository, blob, alongside });
      });
    });
  }

  /** Puts a whole upload into place as the blob's file, unless the content is here already. Durable when it resolves. */
  async arriveAsFile({ repository, blob, alongside }: Arrival, upload: string): Promise<void> {
    await this.#lock.run(blob.digest, async () => {
      let placed = false;
      await commitChange(this.database, async () => {
        const state = await this.#state(blob.digest);
        if (state !== 'present' && !placed) {
          if (state === 'leaving') await this.#remove(blob.digest);
          await commitChange(this.database, async () => this.#claim(new WriteBatch(), blob));
          await this.driver.placeBlob(upload, blob.digest);
          placed = true;
        } else if (!placed && !(await this.#isReadable(blob))) {
          await this.driver.placeBlob(upload, blob.digest);
          placed = true;
        }
        const batch = new WriteBatch();
        if (state !== 'present') this.#present(batch, blob.digest);
        else if (placed) this.#sized(batch, blob);
        return this.#joined(batch, { repository, blob, alongside });
      });
    });
  }

  /**
   * Removes a content that no repository has, for collection: its row says `leaving` before its file goes, and goes after it. One that
   * an arrival left half way, which nobody is working on while the lock is held, is settled as at the start.
   *
   * @param batch what else must hold when it leaves
   * @returns whether it is gone; not when a repository has it or got it meanwhile
   */
  async leave(digest: Digest, batch: WriteBatch): Promise<boolean> {
    return this.#lock.run(digest, async () => {
      const state = await this.#state(digest);
      if (state === undefined) return false;
      if (state === 'arriving') {
        await this.#settleArriving(digest);
        return false;
      }
      const { committed } = await this.database.commit(
        batch
          .require(
            'no repository has the blob',
            'SELECT 1 FROM repository_blobs WHERE digest = ? LIMIT 1',
            [digest],
            0,
          )
          .run("UPDATE blobs SET state = 'leaving' WHERE digest = ?", [digest], {
            rows: 1,
            precondition: 'the blob is still there',
          }),
      );
      if (committed) await this.#remove(digest);
      return committed;
    });
  }

  /**
   * Settles what a crash left half way. A blob that was leaving is removed. One that was arriving is present if its file is there and
   * is, byte for byte, what its name says; else its row goes, and a file under that name, which can only be another program's, is not
   * touched. Nobody was told yes, and the upload is still there to try again.
   *
   * One whose file cannot be read or removed stays as it is, seen by nobody, and stops nobody.
   *
   * @returns how many blobs were settled
   */
  async recover(): Promise<number> {
    const rows = await this.database.read<{ digest: string; state: string }>(
      "SELECT digest, state FROM blobs WHERE state <> 'present'",
    );
    let settled = 0;
    for (const { digest, state } of rows) {
      try {
        if (state === 'leaving') await this.#remove(digest as Digest);
        else await this.#settleArriving(digest as Digest);
        settled += 1;
      } catch (error) {
        if (!isOfFiles(error)) throw error;
        this.#logger.error(`${digest} stays ${state}: ${error.message}`);
      }
    }
    return settled;
  }

  async #settleArriving(digest: Digest): Promise<void> {
    const sizeBytes = await this.driver.blobSize(digest);
    const whole = sizeBytes !== undefined && (await this.#contentIs(digest, sizeBytes));
    if (whole) await this.driver.secureBlob(digest);
    await this.database.commit(
      whole
        ? new WriteBatch('progress').run(
            "UPDATE blobs SET state = 'present', size_bytes = ? WHERE digest = ?",
            [sizeBytes, digest],
          )
        : new WriteBatch('progress').run('DELETE FROM blobs WHERE digest = ?', [digest]),
    );
  }

  async #contentIs(digest: Digest, sizeBytes: number): Promise<boolean> {
    const hash = createHash('sha256');
    for await (const piece of this.driver.readBlob(digest, { start: 0, end: sizeBytes - 1 }))
      hash.update(piece);
    return `sha256:${hash.digest('hex')}` === digest;
  }

  #joined(batch: WriteBatch, { repository, blob, alongside }: Arrival): WriteBatch {
    addMembership(batch, repository, blob.digest, this.clock.now());
    alongside({ kind: 'blob-pushed', repository, blob }, batch);
    return batch;
  }

  /**
   * Whether a blob that is present can be read. Others may have removed or cut its file, or it was cut before it was imported: then who
   * pushes the content again brings it back.
   */
  async #isReadable({ digest, sizeBytes }: Descriptor): Promise<boolean> {
    const inline = await this.database.read('SELECT 1 FROM inline_contents WHERE digest = ?', [digest]);
    return inline.length > 0 || (await this.driver.blobSize(digest)) === sizeBytes;
  }

  async #state(digest: Digest): Promise<string | undefined> {
    const rows = await this.database.read<{ state: string }>('SELECT state FROM blobs WHERE digest = ?', [
      digest,
    ]);
    return rows[0]?.state;
  }

  /** A row that still says `arriving` was left by an arrival that failed half way: whoever holds the lock may go on from there. */
  #claim(batch: WriteBatch, { digest, sizeBytes }: Descriptor): WriteBatch {
    return batch.run(
      `INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'arriving')
       ON CONFLICT (digest) DO UPDATE SET size_bytes = excluded.size_bytes WHERE state = 'arriving'`,
      [digest, sizeBytes],
      { rows: 1, precondition: 'the blob can be claimed' },
    );
  }

  #present(batch: WriteBatch, digest: Digest): void {
    batch.run("UPDATE blobs SET state = 'present' WHERE digest = ? AND state = 'arriving'", [digest], {
      rows: 1,
      precondition: 'the blob is arriving',
    });
  }

  /** Notes the length of a content that is whole again. */
  #sized(batch: WriteBatch, { digest, sizeBytes }: Descriptor): void {
    batch.run('UPDATE blobs SET size_bytes = ? WHERE digest = ?', [sizeBytes, digest]);
  }

  /** The file first, and durably: a row without a file can be settled, and a file without a row is never found again. */
  async #remove(digest: Digest): Promise<void> {
    await this.driver.removeBlob(digest);
    await this.database.commit(
      new WriteBatch('retention')
        .run("DELETE FROM blobs WHERE digest = ? AND state <> 'present'", [digest])
        .run('DELETE FROM blob_aliases WHERE blob = ?', [digest])
        .run('DELETE FROM inline_contents WHERE digest = ?', [digest]),
    );
  }
}
