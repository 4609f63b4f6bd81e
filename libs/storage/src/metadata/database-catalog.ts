import type { Database } from '@herald/database';
import { RepositoryCatalog } from '../repository/repository-catalog.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { Page, PageRequest } from '../repository/repository.js';

/** One of which everything was deleted keeps its row, and is not listed: there is nothing to be found in it. */
const LIST = `
  SELECT name FROM repositories r
  WHERE name > ? AND (
    EXISTS (SELECT 1 FROM manifests m WHERE m.repository = r.id)
    OR EXISTS (SELECT 1 FROM repository_blobs b WHERE b.repository = r.id)
  )
  ORDER BY name LIMIT ?`;

/** The repositories that are rows of this database. */
export class DatabaseCatalog extends RepositoryCatalog {
  constructor(private readonly database: Database) {
    super();
  }

  override async list({ last = '', limit }: PageRequest): Promise<Page<RepositoryName>> {
    const rows = await this.database.read<{ name: string }>(LIST, [last, limit + 1]);
    const items = rows.slice(0, limit).map((row) => row.name as RepositoryName);
    return { items, more: rows.length > limit };
  }
}
