import { createHash } from 'node:crypto';
import { WriteBatch, type Database, type Row } from '@herald/database';
import { noteSighting, type SeenBefore } from '../collection/sighting.js';
import type { Sightings } from '../collection/sightings.js';
import { commitChange } from '../metadata/commit-change.js';
import { createRepository, REPOSITORY_ID, valueLists } from '../metadata/rows.js';
import type { Alongside, ManifestDeleted, ManifestPushed, TagMove } from '../repository/change.js';
import type { Descriptor, Manifest, ReferenceDescriptor } from '../repository/descriptor.js';
import { digestAlgorithm, type Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { ManifestPush, ManifestStore, Page, ReferrersRequest } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import type { Reference, Tag } from '../repository/tag.js';
import { parseManifest } from './parse-manifest.js';
import type { ReferencePolicy } from './reference-policy.js';
import { removeManifest } from './remove-manifest.js';
import { listReferrers } from './referrers.js';
import { requireReferences } from './required-references.js';
import { storeManifest } from './store-manifest.js';

interface ManifestRow extends Row {
  readonly digest: string;
  readonly media_type: string;
  readonly bytes: Uint8Array;
}

/** Manifests as rows: the exact bytes, what they refer to, and the tags that point at them change in one transaction. */
export class DatabaseManifestStore implements ManifestStore {
  constructor(
    private readonly database: Database,
    private readonly repository: RepositoryName,
    private readonly policy: ReferencePolicy,
    private readonly sightings: Sightings,
  ) {}

  async get(reference: Reference): Promise<Manifest | undefined> {
    const { repository, sightings } = this;
    // What a tag names is kept by the tag, and seen when it loses it.
    const row =
      reference.kind === 'tag'
        ? await this.#taggedRow(reference.tag)
        : await sightings.seeing({ kind: 'manifest', repository, digest: reference.digest }, () =>
            this.#row(reference.digest),
          );
    return row && parseManifest(row.media_type, row.digest as Digest, row.bytes);
  }

  async #taggedRow(tag: Tag): Promise<ManifestRow | undefined> {
    const rows = await this.database.read<ManifestRow>(
      `SELECT m.digest, m.media_type, m.bytes FROM tags t
       JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
       WHERE t.repository = ${REPOSITORY_ID} AND t.name = ?`,
      [this.repository, tag],
    );
    return rows[0];
  }

  async #row(digest: Digest): Promise<(ManifestRow & SeenBefore) | undefined> {
    const rows = await this.database.read<ManifestRow & SeenBefore>(
      `SELECT m.digest, m.media_type, m.bytes, s.seen_ms AS "seenMs" FROM manifests m
       LEFT JOIN manifest_sightings s ON s.repository = m.repository AND s.digest = m.digest
       WHERE m.repository = ${REPOSITORY_ID} AND m.digest = ?`,
      [this.repository, digest],
    );
    return rows[0];
  }

  async put(push: ManifestPush, alongside: Alongside<ManifestPushed>): Promise<Manifest> {
    const manifest = parseManifest(push.mediaType, digestOf(push), push.bytes);
    await commitChange(this.database, async () => {
      const batch = new WriteBatch();
      createRepository(batch, this.repository);
      await requireReferences(this.database, batch, this.repository, manifest, this.policy);
      const tags = await Promise.all(tagsOf(push).map((tag) => this.#moveOf(tag)));
      checkCondition(push, tags);
      for (const move of tags) this.#moveTag(batch, move, manifest.descriptor.digest);
      storeManifest(batch, this.repository, manifest);
      this.#see(batch, [manifest.descriptor.digest, ...tags.flatMap(({ previous }) => previous ?? [])]);
      alongside({ kind: 'manifest-pushed', repository: this.repository, manifest, tags }, batch);
      return batch;
    });
    return manifest;
  }

  referrers(subject: Digest, page: ReferrersRequest): Promise<Page<ReferenceDescriptor>> {
    return listReferrers(this.database, this.repository, subject, page);
  }

  async delete(digest: Digest, alongside: Alongside<ManifestDeleted>): Promise<void> {
    await commitChange(this.database, async () => {
      const manifest = await this.#descriptor(digest);
      const tags = await this.#tagsOf(digest);
      const batch = new WriteBatch();
      this.#removeTags(batch, digest, tags);
      removeManifest(batch, this.repository, manifest);
      alongside({ kind: 'manifest-deleted', repository: this.repository, manifest, tags }, batch);
      return batch;
    });
  }

  async #descriptor(digest: Digest): Promise<Descriptor> {
    const rows = await this.database.read<{ media_type: string; size_bytes: number }>(
      `SELECT media_type, length(bytes) AS size_bytes FROM manifests WHERE repository = ${REPOSITORY_ID} AND digest = ?`,
      [this.repository, digest],
    );
    const row = rows[0];
    if (row === undefined)
      throw new StorageError('MANIFEST_UNKNOWN', 'manifest unknown', { detail: { digest } });
    return { mediaType: row.media_type, digest, sizeBytes: row.size_bytes };
  }

  async #tagsOf(digest: Digest): Promise<readonly Tag[]> {
    const rows = await this.database.read<{ name: string }>(
      `SELECT name FROM tags WHERE repository = ${REPOSITORY_ID} AND digest = ? ORDER BY name`,
      [this.repository, digest],
    );
    return rows.map((row) => row.name as Tag);
  }

  /** The tag with what it names now, which the batch pins in turn. */
  async #moveOf(tag: Tag): Promise<TagMove> {
    const rows = await this.database.read<{ digest: string }>(
      `SELECT digest FROM tags WHERE repository = ${REPOSITORY_ID} AND name = ?`,
      [this.repository, tag],
    );
    const previous = rows[0]?.digest as Digest | undefined;
    return previous === undefined ? { tag } : { tag, previous };
  }

  #moveTag(batch: WriteBatch, { tag, previous }: TagMove, digest: Digest): void {
    if (previous === undefined) {
      batch.run(
        `INSERT INTO tags (repository, name, digest) VALUES (${REPOSITORY_ID}, ?, ?) ON CONFLICT DO NOTHING`,
        [this.repository, tag, digest],
        { rows: 1, precondition: 'the tag is still free' },
      );
      return;
    }
    batch.run(
      `UPDATE tags SET digest = ? WHERE repository = ${REPOSITORY_ID} AND name = ? AND digest = ?`,
      [digest, this.repository, tag, previous],
      { rows: 1, precondition: 'the tag still names what it named' },
    );
  }

  /** A manifest that was pushed, or lost a tag, was there until now for whoever looked. */
  #see(batch: WriteBatch, digests: readonly Digest[]): void {
    const { repository } = this;
    const nowMs = this.sightings.now();
    for (const digest of new Set(digests))
      noteSighting(batch, { kind: 'manifest', repository, digest }, nowMs);
  }

  #removeTags(batch: WriteBatch, digest: Digest, tags: readonly Tag[]): void {
    for (const { placeholders, params, count } of valueLists(tags)) {
      batch.run(
        `DELETE FROM tags WHERE repository = ${REPOSITORY_ID} AND digest = ? AND name IN (${placeholders})`,
        [this.repository, digest, ...params],
        { rows: count, precondition: 'the tags still name the manifest' },
      );
    }
    batch.require(
      'no other tag names the manifest',
      `SELECT 1 FROM tags WHERE repository = ${REPOSITORY_ID} AND digest = ? LIMIT 1`,
      [this.repository, digest],
      0,
    );
  }
}

/** The tags that a push sets, each once. */
function tagsOf({ reference, tags = [] }: ManifestPush): readonly Tag[] {
  return reference.kind === 'tag' ? [reference.tag] : [...new Set(tags)];
}

/** What the tag names is pinned by its move, so the condition holds at the commit. @throws StorageError `PRECONDITION_FAILED` */
function checkCondition({ reference, condition }: ManifestPush, moves: readonly TagMove[]): void {
  if (condition === undefined || reference.kind !== 'tag') return;
  const current = moves[0]?.previous;
  if (condition(current)) return;
  throw new StorageError('PRECONDITION_FAILED', 'the tag does not name what the push demands', {
    detail: { tag: reference.tag, digest: current },
  });
}

/** By tag the manifest is named by its sha256; by digest the client's name must be true. OCI end-7. */
function digestOf({ reference, bytes }: ManifestPush): Digest {
  const algorithm = reference.kind === 'digest' ? digestAlgorithm(reference.digest) : 'sha256';
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
  if (reference.kind === 'digest' && reference.digest !== digest) {
    throw new StorageError('DIGEST_INVALID', 'the manifest is not what its digest names', {
      detail: { computed: digest },
    });
  }
  return digest;
}
