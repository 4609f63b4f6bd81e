import type { Database, WriteBatch } from '@herald/database';
import { removeManifest } from '../manifests/remove-manifest.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { CollectionRun } from './collection-run.js';
import { fallingWith, reasonToKeep } from './keepers.js';
import type { ManifestMarks, RepositoryRow } from './manifest-marks.js';
import { RowMarks } from './row-marks.js';
import type { Sightings } from './sightings.js';

/** Repositories and manifests that are read in one slice. */
const PAGE = 250;

/** Manifests that go in one batch. */
const REMOVED_AT_ONCE = 100;

const LISTING = `SELECT 1 FROM manifest_references WHERE repository = ${REPOSITORY_ID} AND digest = ? LIMIT 1`;

interface ManifestRow {
  readonly [column: string]: number | string;
  readonly id: number;
  readonly digest: string;
  readonly media_type: string;
  readonly size_bytes: number;
}

/**
 * Removes manifests that nothing keeps. A manifest goes together with those that would keep it, because they keep each other: a subject
 * and its referrers, an index and its children. That nothing of all this has a tag, or was seen lately, is a precondition of the batch.
 *
 * Where they are too many for one batch, some stay, and may be asked for as soon as the others are gone. A referrer may do so without its
 * subject, but no index without its children: a manifest that indexes outside of the batch list waits for the next run, when they are gone.
 */
export class ManifestCollection {
  readonly #removed = new RowMarks();

  constructor(
    private readonly database: Database,
    private readonly sightings: Sightings,
    private readonly marks: ManifestMarks,
    private readonly run: CollectionRun,
  ) {}

  async collect(seenByMs: number): Promise<void> {
    if (this.sightings.everythingSeenAfter(seenByMs)) return;
    let last: number | undefined = 0;
    while (last !== undefined) {
      const from: number = last;
      const rows = await this.run.slice(() =>
        this.database.read<{ id: number; name: RepositoryName }>(
          `SELECT id, name FROM repositories WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
          [from],
        ),
      );
      for (const repository of rows) {
        await this.marks.mark(repository, seenByMs);
        await this.#sweep(repository, seenByMs);
      }
      last = rows.length < PAGE ? undefined : rows.at(-1)?.id;
    }
  }

  async #sweep(repository: RepositoryRow, seenByMs: number): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) {
      const from: string = last;
      const rows = await this.run.slice(() => this.#page(repository.id, from));
      for (const row of rows) {
        // Asked for each anew: what became of those before it may have saved it, or taken it along.
        if (this.marks.isKept(row.id) || this.#removed.has(row.id)) continue;
        if (this.run.dryRun) this.#count(repository.name, row);
        else await this.#remove(repository.name, row, seenByMs);
      }
      last = rows.length < PAGE ? undefined : rows.at(-1)?.digest;
    }
  }

  #page(repository: number, last: string): Promise<readonly ManifestRow[]> {
    return this.database.read<ManifestRow>(
      `SELECT id, digest, media_type, length(bytes) AS size_bytes FROM manifests
       WHERE repository = ? AND digest > ? ORDER BY digest LIMIT ${PAGE}`,
      [repository, last],
    );
  }

  async #remove(repository: RepositoryName, row: ManifestRow, seenByMs: number): Promise<void> {
    const gone = await this.run.slice(() => this.#removeFalling(repository, row, seenByMs));
    // Somebody wants it after all, and with it all that it keeps.
    if (!gone) await this.marks.keep([row.id]);
  }

  async #removeFalling(repository: RepositoryName, row: ManifestRow, seenByMs: number): Promise<boolean> {
    const falling = fallingWith(repository, row.digest as Digest, REMOVED_AT_ONCE - 1);
    const others = await this.database.read<ManifestRow>(falling.sql, falling.params);
    const rows = [row, ...others];
    const manifests = rows.map(descriptorOf);
    const contents = manifests.map(({ digest }) => ({ kind: 'manifest', repository, digest }) as const);
    const outcome = await this.sightings.unlessSeen(contents, seenByMs, () =>
      this.database.commit(this.#batch(repository, manifests, seenByMs)),
    );
    if (outcome?.committed !== true) return false;
    for (const gone of rows) this.#count(repository, gone);
    return true;
  }

  #batch(repository: RepositoryName, manifests: readonly Descriptor[], seenByMs: number): WriteBatch {
    const batch = this.run.batch();
    const [first] = manifests;
    const reason = reasonToKeep(repository, first?.digest ?? ('' as Digest), seenByMs);
    batch.require('nothing keeps the manifest', reason.sql, reason.params, 0);
    for (const manifest of manifests) {
      removeManifest(batch, repository, manifest);
      this.run.alongside({ kind: 'manifest-deleted', repository, manifest, tags: [] }, batch);
    }
    for (const { digest } of manifests) {
      batch.require('no manifest that stays lists one that goes', LISTING, [repository, digest], 0);
    }
    return batch;
  }

  #count(repository: RepositoryName, row: ManifestRow): void {
    this.#removed.add(row.id);
    const { digest, sizeBytes } = descriptorOf(row);
    this.run.tally.add({ kind: 'manifest', repository, digest, sizeBytes });
  }
}

function descriptorOf({ media_type, digest, size_bytes }: ManifestRow): Descriptor {
  return { mediaType: media_type, digest: digest as Digest, sizeBytes: size_bytes };
}
