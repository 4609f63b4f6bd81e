import { StorageError } from '@herald/storage';

/** Query parameters as Fastify parses them: one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A parameter that may be given once.
 *
 * @throws StorageError `DIGEST_INVALID` when it is repeated: which one is meant, nobody can know
 */
export function single(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value === '' ? undefined : value;
  throw new StorageError('DIGEST_INVALID', `the parameter ${name} is given more than once`);
}
