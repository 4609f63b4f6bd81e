import { WriteBatch, type Database } from '@herald/database';
import { noteSighting } from '../collection/sighting.js';
import type { Sightings } from '../collection/sightings.js';
import { commitChange } from '../metadata/commit-change.js';
import { REPOSITORY_ID } from '../metadata/rows.js';
import type { Alongside, TagDeleted } from '../repository/change.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { Page, PageRequest, TagStore } from '../repository/repository.js';
import { StorageError } from '../repository/storage.error.js';
import type { Tag } from '../repository/tag.js';

/** Tags as rows, in byte order. */
export class DatabaseTagStore implements TagStore {
  constructor(
    private readonly database: Database,
    private readonly repository: RepositoryName,
    private readonly sightings: Sightings,
  ) {}

  async list({ last, limit }: PageRequest): Promise<Page<Tag>> {
    const known = await this.database.read('SELECT 1 FROM repositories WHERE name = ?', [this.repository]);
    if (known.length === 0) {
      throw new StorageError('NAME_UNKNOWN', 'repository name not known to registry', {
        detail: { name: this.repository },
      });
    }
    const rows = await this.database.read<{ name: string }>(
      `SELECT name FROM tags WHERE repository = ${REPOSITORY_ID} AND name > ? ORDER BY name LIMIT ?`,
      [this.repository, last ?? '', limit + 1],
    );
    const items = rows.slice(0, limit).map((row) => row.name as Tag);
    return { items, more: rows.length > limit };
  }

  async delete(tag: Tag, alongside: Alongside<TagDeleted>): Promise<void> {
    await commitChange(this.database, async () => {
      const rows = await this.database.read<{ digest: string }>(
        `SELECT digest FROM tags WHERE repository = ${REPOSITORY_ID} AND name = ?`,
        [this.repository, tag],
      );
      const digest = rows[0]?.digest as Digest | undefined;
      if (digest === undefined)
        throw new StorageError('MANIFEST_UNKNOWN', 'manifest unknown', { detail: { tag } });
      const batch = new WriteBatch().run(
        `DELETE FROM tags WHERE repository = ${REPOSITORY_ID} AND name = ? AND digest = ?`,
        [this.repository, tag, digest],
        { rows: 1, precondition: 'the tag still names what it named' },
      );
      const manifest = { kind: 'manifest', repository: this.repository, digest } as const;
      noteSighting(batch, manifest, this.sightings.now());
      alongside({ kind: 'tag-deleted', repository: this.repository, tag, digest }, batch);
      return batch;
    });
  }
}
