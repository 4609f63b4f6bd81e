import type { ByteSource } from '../repository/repository.js';

/** The beginning of a body, and what follows it. */
export interface Peeked {
  readonly head: Buffer;
  /** Undefined when the body ended with `head`. Where it broke off, this throws what it broke off with. */
  readonly rest: ByteSource | undefined;
}

/** Reads a body until it has ended, breaks off, or is longer than `limit` bytes: so that a small one need not become a file. */
export async function peek(source: ByteSource, limit: number): Promise<Peeked> {
  const chunks = source[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let rest: ByteSource | undefined = { [Symbol.asyncIterator]: () => chunks };
  try {
    for (let sizeBytes = 0; sizeBytes <= limit;) {
      const next = await chunks.next();
      if (next.done === true) {
        rest = undefined;
        break;
      }
      // A copy: a chunk is valid until the next one is asked for.
      pieces.push(Buffer.from(next.value));
      sizeBytes += next.value.length;
    }
  } catch (error) {
    rest = brokenBy(error);
  }
  return { head: Buffer.concat(pieces), rest };
}

/** The whole body again. */
export async function* unpeeked({ head, rest }: Peeked): ByteSource {
  if (head.length > 0) yield head;
  if (rest !== undefined) yield* rest;
}

function brokenBy(cause: unknown): ByteSource {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(cause) }) };
}
