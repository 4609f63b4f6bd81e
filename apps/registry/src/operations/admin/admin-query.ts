import { RegistryError } from '../../http/registry-error.js';
import { single, type Query } from '../../distribution/query.js';

const WHOLE = /^\d{1,15}$/;

/** The longest text that a filter may be. */
const LONGEST_TEXT = 512;

/** A parameter that may be given once; an empty one is as good as none. @throws RegistryError `PARAMETER_INVALID` */
export function onceOf(query: Query, name: string): string | undefined {
  return single(query, name, 'PARAMETER_INVALID');
}

/** A whole number of a query. @throws RegistryError `PARAMETER_INVALID` */
export function numberOf(
  query: Query,
  name: string,
  bounds: { readonly from: number; readonly upTo?: number },
): number | undefined {
  const text = onceOf(query, name);
  return text === undefined ? undefined : wholeNumber(text, name, bounds);
}

/** @throws RegistryError `PARAMETER_INVALID` */
export function wholeNumber(
  text: string,
  name: string,
  { from, upTo = Number.MAX_SAFE_INTEGER }: { readonly from: number; readonly upTo?: number },
): number {
  const number = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (number >= from && number <= upTo) return number;
  const most = upTo === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${upTo}`;
  throw new RegistryError('PARAMETER_INVALID', `${name} must be a whole number, at least ${from}${most}`);
}

/** A text of a query. @throws RegistryError `PARAMETER_INVALID` */
export function textOf(query: Query, name: string): string | undefined {
  const text = onceOf(query, name);
  if (text === undefined || text.length <= LONGEST_TEXT) return text;
  throw new RegistryError('PARAMETER_INVALID', `${name} must have at most ${LONGEST_TEXT} characters`);
}
