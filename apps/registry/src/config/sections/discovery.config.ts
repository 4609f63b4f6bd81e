import { count } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';

/** Upstream takes zero for "not set". */
const ZERO_IS_DEFAULT = { isUnset: (value: unknown) => value === 0 };

/** `catalog`: the list of repositories. */
export class CatalogConfig {
  /** The most that a client may ask for at once. */
  @Key(count(0), ZERO_IS_DEFAULT)
  maxentries = 1000;
}

/** `tags`: the list of a repository's tags. */
export class TagsConfig {
  /** The most that one answer holds. */
  @Key(count(0), ZERO_IS_DEFAULT)
  maxtags = 1000;
}
