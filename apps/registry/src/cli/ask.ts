import type { AdminRequest } from './admin-client.js';
import { reasonOf, type Output } from './delete-repository.js';

/** What a command works with. */
export interface Operation {
  readonly request: AdminRequest;
  readonly output: Output;
  /** For programs: JSON, one document a line. */
  readonly json: boolean;
  /** Waits before the server is asked again. False: stop. */
  readonly pause: () => Promise<boolean>;
}

/** The server refused, and said why. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code = 'REFUSED';
}

export type Item = Readonly<Record<string, unknown>>;

/** Asks the admin API of the running server. @throws Refused; NoServer */
export async function ask(
  { request }: Operation,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
): Promise<Item> {
  const { status, body } = await request(method, `/admin/v1/${path}`);
  if (status >= 200 && status < 300) return body === '' ? {} : (JSON.parse(body) as Item);
  throw new Refused(reasonOf(body));
}

/** Tells an answer to a program, or to people. */
export function say({ output, json }: Operation, answer: Item, forPeople: string): void {
  output.stdout(json ? `${JSON.stringify(answer)}\n` : forPeople);
}

export function itemOf(answer: Item, key: string): Item {
  const item = answer[key];
  return typeof item === 'object' && item !== null ? (item as Item) : {};
}

export function itemsOf(answer: Item, key: string): readonly Item[] {
  const items = answer[key];
  return Array.isArray(items) ? (items as readonly Item[]) : [];
}

/** A value for people. Control characters of what others wrote do not reach the terminal. */
export function text(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value ?? '-')).replaceAll(/\p{Cc}/gu, '?');
}
