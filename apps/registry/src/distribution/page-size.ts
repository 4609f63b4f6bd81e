import { RegistryError } from '../http/registry-error.js';
import { single, type Query } from './query.js';

/** As large as clients can say: a 64-bit integer. */
const NUMBER = /^\d{1,19}$/;

/** What a client asks for by `n`; `undefined` when it leaves that to the registry. @throws whatever `refusal` makes of another text */
export function pageSize(query: Query, refusal: (n: string) => RegistryError): number | undefined {
  const text = single(query, 'n');
  if (text === undefined) return undefined;
  if (NUMBER.test(text)) return Number(text);
  throw refusal(text.slice(0, 32));
}
