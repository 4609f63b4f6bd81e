import type { Value, WriteBatch } from '@herald/database';
import type { RepositoryName } from '../repository/repository-name.js';

/** The repository's number as an SQL expression of one parameter, its name. NULL, and so without any rows, when there is none. */
export const REPOSITORY_ID = '(SELECT id FROM repositories WHERE name = ?)';

/** The first push into a repository creates it. */
export function createRepository(batch: WriteBatch, name: RepositoryName): void {
  batch.run('INSERT INTO repositories (name) VALUES (?) ON CONFLICT (name) DO NOTHING', [name]);
}

/** Values of one IN list: bounds the number of parameters, and of different statements that are kept prepared. */
const LIST_SIZES = [1, 4, 16, 64] as const;
const LARGEST_LIST = 64;

/** An IN list and its parameters. Shorter lists repeat their last value, so that a few texts serve every length. */
export interface ValueList {
  readonly placeholders: string;
  readonly params: readonly Value[];
  /** How many different values are in it. */
  readonly count: number;
}

/** Cuts values, which must differ from each other, into IN lists. */
export function valueLists(values: readonly string[]): ValueList[] {
  const lists: ValueList[] = [];
  for (let from = 0; from < values.length; from += LARGEST_LIST) {
    const part = values.slice(from, from + LARGEST_LIST);
    const size = LIST_SIZES.find((candidate) => candidate >= part.length) ?? LARGEST_LIST;
    const last = part.at(-1) ?? '';
    const params = [...part, ...Array.from({ length: size - part.length }, () => last)];
    lists.push({ placeholders: params.map(() => '?').join(', '), params, count: part.length });
  }
  return lists;
}
