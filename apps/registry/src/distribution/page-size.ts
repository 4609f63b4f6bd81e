import { RegistryError } from '../http/registry-error.js';
import { single, type Query } from './query.js';

const NUMBER = /^\d{1,9}$/;

/** What a client asks for by `n`; `undefined` when it leaves that to the registry. @throws RegistryError `PAGINATION_NUMBER_INVALID` */
export function pageSize(query: Query): number | undefined {
  const text = single(query, 'n');
  if (text === undefined) return undefined;
  if (NUMBER.test(text)) return Number(text);
  throw invalidPageSize(text.slice(0, 32));
}

/** Upstream's refusal, with its detail: clients read the number from there. */
export function invalidPageSize(n: string | number): RegistryError {
  return new RegistryError('PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
}
