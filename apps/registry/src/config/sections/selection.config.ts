import { listOf, text } from '../schema/kinds.js';
import { Key } from '../schema/section-schema.js';

const patterns = listOf(text('a pattern'), 'patterns');
const words = listOf(text('a word'), 'words');

/** `only` and `except` of an endpoint, Herald's own: describes events. Every list that is given must have a member that fits. */
export class SelectionConfig {
  @Key(patterns)
  types?: string[];

  @Key(words)
  actions?: string[];

  @Key(words)
  targets?: string[];

  @Key(patterns)
  mediatypes?: string[];

  @Key(patterns)
  artifacttypes?: string[];

  @Key(patterns)
  repositories?: string[];

  @Key(patterns)
  tags?: string[];

  @Key(patterns)
  actors?: string[];
}
