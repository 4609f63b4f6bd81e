import type { RepositoryName } from './repository-name.js';
import type { Page, PageRequest } from './repository.js';

/** Which repositories there are. */
export abstract class RepositoryCatalog {
  /** Those that have a manifest or a blob, in byte order of their names. */
  abstract list(page: PageRequest): Promise<Page<RepositoryName>>;
}
