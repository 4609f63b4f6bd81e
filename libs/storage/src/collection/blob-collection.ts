import { WriteBatch, type Database } from '@herald/database';
import type { BlobArrivals } from '../blobs/blob-arrivals.js';
import { isOfFiles } from '../drivers/file-error.js';
import { sideBySide } from '../drivers/side-by-side.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import { BLOB_MEDIA_TYPE } from '../repository/descriptor.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { CollectionRun } from './collection-run.js';
import type { ManifestMarks } from './manifest-marks.js';
import { noteSighting } from './sighting.js';
import type { Sightings } from './sightings.js';

/** Contents that are looked at in one slice. */
const PAGE = 200;

/** Memberships that are read in one slice: some contents are in every repository. */
const MEMBERSHIPS = 500;

/** Removals that are on their way at once: their batches share a transaction. */
const AT_ONCE = 32;

/** Contents whose files could not be removed, after which a run leaves the rest alone: then it is not about one of them. */
const MAX_UNREMOVABLE = 32;

interface BlobRow {
  readonly [column: string]: number | string;
  readonly digest: Digest;
  readonly size_bytes: number;
  readonly state: string;
}

interface Membership {
  readonly [column: string]: number | string | null;
  readonly repository: number;
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly seen_ms: number | null;
  readonly needed: number;
}

/** A manifest may name a content by any of its names. */
const NEEDED = `
  EXISTS (SELECT 1 FROM manifest_references f WHERE f.repository = m.repository AND f.digest = m.digest)
  OR EXISTS (SELECT 1 FROM blob_aliases a CROSS JOIN manifest_references f
    ON f.repository = m.repository AND f.digest = a.digest WHERE a.blob = m.digest)`;

const NEEDING = `
  SELECT f.manifest FROM manifest_references f WHERE f.repository = ${REPOSITORY_ID}
    AND f.digest IN (SELECT ? UNION ALL SELECT digest FROM blob_aliases WHERE blob = ?) LIMIT 1`;

/**
 * Takes blobs out of repositories where no manifest refers to them and nobody saw them lately, and removes contents that no repository
 * has any more. Both are decided by the preconditions of their batches; what is read here only finds candidates.
 */
export class BlobCollection {
  readonly #unremovable: NodeJS.ErrnoException[] = [];

  constructor(
    private readonly database: Database,
    private readonly sightings: Sightings,
    private readonly arrivals: BlobArrivals,
    private readonly marks: ManifestMarks,
    private readonly run: CollectionRun,
  ) {}

  async collect(): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) {
      const from: string = last;
      const blobs = await this.run.slice(() =>
        this.database.read<BlobRow>(
          `SELECT digest, size_bytes, state FROM blobs WHERE digest > ? ORDER BY digest LIMIT ${PAGE}`,
          [from],
        ),
      );
      await this.#collectPage(blobs);
      this.run.tally.examined += blobs.length;
      last = blobs.length < PAGE ? undefined : blobs.at(-1)?.digest;
    }
    this.#tellUnremovable();
  }

  async #collectPage(blobs: readonly BlobRow[]): Promise<void> {
    const sizes = new Map(blobs.map(({ digest, size_bytes }) => [digest, size_bytes]));
    const [first, last] = [blobs[0], blobs.at(-1)];
    if (first === undefined || last === undefined) return;
    const held = new Set<Digest>();
    let place: readonly [string, number] | undefined = [first.digest, 0];
    while (place !== undefined) {
      const from: readonly [string, number] = place;
      const memberships = await this.run.slice(() => this.#memberships(from, last.digest));
      await this.#release(memberships, sizes, held);
      const end: Membership | undefined = memberships.at(-1);
      place = memberships.length < MEMBERSHIPS || !end ? undefined : [end.digest, end.repository];
    }
    await this.#inTurns(
      blobs.filter(({ digest }) => !held.has(digest)),
      (blob) => this.#removeContent(blob),
    );
  }

  #memberships(
    [digest, repository]: readonly [string, number],
    last: Digest,
  ): Promise<readonly Membership[]> {
    return this.database.read<Membership>(
      `SELECT m.repository, r.name, m.digest, m.seen_ms, ${NEEDED} AS needed
       FROM repository_blobs m CROSS JOIN repositories r ON r.id = m.repository
       WHERE (m.digest, m.repository) > (?, ?) AND m.digest <= ?
       ORDER BY m.digest, m.repository LIMIT ${MEMBERSHIPS}`,
      [digest, repository, last],
    );
  }

  /** Takes what is not needed out of its repositories; adds to `held` what a repository keeps. */
  async #release(
    memberships: readonly Membership[],
    sizes: ReadonlyMap<Digest, number>,
    held: Set<Digest>,
  ): Promise<void> {
    const unknown = memberships.filter(({ seen_ms }) => seen_ms === null);
    if (unknown.length > 0 && !this.run.dryRun) await this.run.slice(() => this.#noteUnknown(unknown));
    await this.#inTurns(memberships, async (membership) => {
      const sizeBytes = sizes.get(membership.digest) ?? 0;
      if (!(await this.#isReleased(membership, sizeBytes))) {
        held.add(membership.digest);
        return;
      }
      const { name: repository, digest } = membership;
      this.run.tally.add({ kind: 'blob', repository, digest, sizeBytes });
    });
  }

  /** Whether the repository lost the blob, or would. */
  async #isReleased(membership: Membership, sizeBytes: number): Promise<boolean> {
    const { name: repository, digest, seen_ms } = membership;
    const seenByMs = this.run.blobsSeenByMs;
    if (seen_ms === null || seen_ms > seenByMs || this.sightings.everythingSeenAfter(seenByMs)) return false;
    if (this.run.dryRun) return !(await this.#isNeededByKept(membership));
    if (membership.needed === 1) return false;
    const outcome = await this.sightings.unlessSeen([{ kind: 'blob', repository, digest }], seenByMs, () =>
      this.database.commit(this.#batch(membership, sizeBytes)),
    );
    return outcome?.committed === true;
  }

  #batch({ name: repository, digest }: Membership, sizeBytes: number): WriteBatch {
    const batch = this.run
      .batch()
      .require('no manifest refers to the blob', NEEDING, [repository, digest, digest], 0)
      .run(
        `DELETE FROM repository_blobs WHERE repository = ${REPOSITORY_ID} AND digest = ? AND seen_ms <= ?`,
        [repository, digest, this.run.blobsSeenByMs],
        { rows: 1, precondition: 'nobody saw the blob meanwhile' },
      );
    const blob = { mediaType: BLOB_MEDIA_TYPE, digest, sizeBytes };
    this.run.alongside({ kind: 'blob-deleted', repository, blob }, batch);
    return batch;
  }

  /** In a dry run the manifests that would go are still there: what only they refer to would go with them. */
  async #isNeededByKept({ repository, digest, needed }: Membership): Promise<boolean> {
    if (needed === 0 || this.run.manifestsSeenByMs === undefined) return needed === 1;
    let last: string | undefined = '';
    while (last !== undefined) {
      const manifests: readonly { id: number; digest: string }[] = await this.database.read(
        `SELECT n.id, n.digest FROM manifest_references f
         CROSS JOIN manifests n ON n.repository = f.repository AND n.digest = f.manifest
         WHERE f.repository = ? AND f.digest IN (SELECT ? UNION ALL SELECT digest FROM blob_aliases WHERE blob = ?)
           AND n.digest > ? ORDER BY n.digest LIMIT ${PAGE}`,
        [repository, digest, digest, last],
      );
      if (manifests.some(({ id }) => this.marks.isKept(id))) return true;
      last = manifests.length < PAGE ? undefined : manifests.at(-1)?.digest;
    }
    return false;
  }

  async #removeContent({ digest, size_bytes: sizeBytes, state }: BlobRow): Promise<void> {
    if (this.#unremovable.length >= MAX_UNREMOVABLE) return;
    try {
      const gone = this.run.dryRun
        ? state !== 'arriving'
        : await this.arrivals.leave(digest, this.run.batch());
      if (gone) this.run.tally.add({ kind: 'content', digest, sizeBytes });
    } catch (error) {
      if (!isOfFiles(error)) throw error;
      this.#unremovable.push(error);
    }
  }

  /** One file that cannot be removed is no reason to keep all the others. */
  #tellUnremovable(): void {
    const [cause] = this.#unremovable;
    if (cause === undefined) return;
    throw new Error(
      `${this.#unremovable.length} contents could not be removed; the first: ${cause.message}`,
      { cause },
    );
  }

  /** Of what nobody knows when it was seen, the time counts from now. */
  async #noteUnknown(memberships: readonly Membership[]): Promise<void> {
    const batch = new WriteBatch('retention');
    for (const { name: repository, digest } of memberships) {
      noteSighting(batch, { kind: 'blob', repository, digest }, this.sightings.now());
    }
    await this.database.commit(batch);
  }

  /** In slices, so that a run can be held or stopped between any two. */
  async #inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    for (let at = 0; at < items.length; at += AT_ONCE) {
      const turn = items.slice(at, at + AT_ONCE);
      await this.run.slice(() => sideBySide(turn, work));
    }
  }
}
