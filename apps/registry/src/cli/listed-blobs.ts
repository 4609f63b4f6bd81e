import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A blob on the list of a backup, and what is wrong with its file. */
export interface ListedBlob {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Below the root of the storage. */
  readonly path: string;
  readonly fault?: string;
}

/** Blobs that are looked for at once. */
const AT_ONCE = 64;

const LINE =
  /^(?<digest>[a-z0-9]+:[0-9a-f]+)\t(?<size>\d+)\t(?<path>docker\/registry\/v2\/blobs\/[a-z0-9/]+)$/u;

/**
 * The blobs of a list, in its order, each looked for under the root by its length. A line that is none of such a list is a fault too.
 *
 * @throws Error when the list cannot be read
 */
export async function* listedBlobs(list: string, root: string): AsyncGenerator<ListedBlob> {
  let waiting: Promise<ListedBlob>[] = [];
  for await (const line of createInterface({ input: createReadStream(list), crlfDelay: Infinity })) {
    if (line === '') continue;
    waiting.push(look(line, root));
    if (waiting.length < AT_ONCE) continue;
    yield* await Promise.all(waiting);
    waiting = [];
  }
  yield* await Promise.all(waiting);
}

async function look(line: string, root: string): Promise<ListedBlob> {
  const { digest, size, path } = LINE.exec(line)?.groups ?? {};
  if (digest === undefined || size === undefined || path === undefined)
    return { digest: '-', sizeBytes: 0, path: line.slice(0, 100), fault: 'not a line of a list of blobs' };
  const blob = { digest, sizeBytes: Number(size), path };
  const found = await stat(join(root, path)).catch(() => undefined);
  if (found === undefined) return { ...blob, fault: 'not there' };
  return found.size === blob.sizeBytes ? blob : { ...blob, fault: `${found.size} bytes instead of ${size}` };
}
