import { RegistryError } from '../http/registry-error.js';

/** Query parameters as Fastify parses them: one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A parameter that may be given once; an empty one is as good as none.
 *
 * @param code what is said of one that is repeated
 * @throws RegistryError when it is repeated: which one is meant, nobody can know
 */
export function single(
  query: Query,
  name: string,
  code: 'QUERY_INVALID' | 'PARAMETER_INVALID' = 'QUERY_INVALID',
): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value === '' ? undefined : value;
  throw new RegistryError(code, `the parameter ${name} is given more than once`);
}

/** A parameter that may be given any number of times. */
export function every(query: Query, name: string): readonly string[] {
  const value = query[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
