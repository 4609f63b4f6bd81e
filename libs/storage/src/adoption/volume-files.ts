import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, open, read, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BufferPool } from '../drivers/buffer-pool.js';
import { failedWith } from '../drivers/file-error.js';
import { readPieces } from '../drivers/file-pieces.js';
import { digestAlgorithm, isDigest, type Digest, type DigestAlgorithm } from '../repository/digest.js';
import type { UnreadableKind } from './unreadable-links.js';
import { linkPath, type Link } from './volume-layout.js';
import { codeOf, isOwnFault } from './volume-walk.js';

/** Something that is not there, or cannot be used. */
export type Fault =
  | { readonly is: 'absent' }
  | { readonly is: 'fault'; readonly kind: UnreadableKind; readonly reason: string };

/** A read that may find a fault. */
export type Reading<T> = { readonly is: 'read'; readonly value: T } | Fault;

/** `sha512:` and its digits are 135 characters; a link holds nothing else. */
const MAX_LINK_BYTES = 256;

/** What a push may weigh, here and in Distribution. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const BUFFER_BYTES = 256 * 1024;

// A million links: handles, as the promises of node:fs have them, take twice the processor time of numbers.
const openFile = promisify(open);
const readFile = promisify(read);

/** The files of a volume, read without following a symbolic link or waiting on something that is no file. */
export class VolumeFiles {
  readonly #buffers = new BufferPool(BUFFER_BYTES, 2);

  constructor(private readonly volume: string) {}

  /** The digest that a link holds. */
  async link(link: Link): Promise<Reading<Digest>> {
    const path = linkPath(link);
    if (link.kind === 'tag') {
      // The walk saw the directory of the tag, and not the one in it.
      const current = await this.#status(dirname(path));
      if (current.is !== 'read') return current;
      if (current.value.isSymbolicLink()) return SYMLINK;
    }
    const text = await this.text(path);
    if (text.is !== 'read') return text;
    return isDigest(text.value)
      ? { is: 'read', value: text.value }
      : fault('bad-digest', 'the file does not hold a digest and nothing else');
  }

  /** What a small file holds. */
  async text(path: string): Promise<Reading<string>> {
    const bytes = await this.#read(path, MAX_LINK_BYTES);
    return bytes.is === 'read' ? { is: 'read', value: bytes.value.toString('latin1') } : bytes;
  }

  /** Whether a file holds exactly these bytes, of at most 4 MiB; another content is a fault. */
  async holds(path: string, expected: Uint8Array): Promise<Reading<true>> {
    const bytes = await this.#read(path, MAX_MANIFEST_BYTES);
    if (bytes.is !== 'read') return bytes;
    return bytes.value.equals(expected) ? { is: 'read', value: true } : WRONG_CONTENT;
  }

  /** The bytes of a manifest, if they are what the digest names. */
  async manifest(path: string, digest: Digest): Promise<Reading<Buffer>> {
    const bytes = await this.#read(path, MAX_MANIFEST_BYTES);
    if (bytes.is !== 'read') return bytes;
    const algorithm = digestAlgorithm(digest);
    const computed = `${algorithm}:${createHash(algorithm).update(bytes.value).digest('hex')}`;
    return computed === digest ? bytes : WRONG_CONTENT;
  }

  /** The length of a file in bytes. */
  async size(path: string): Promise<Reading<number>> {
    const status = await this.#status(path);
    if (status.is !== 'read') return status;
    if (status.value.isSymbolicLink()) return SYMLINK;
    return status.value.isFile() ? { is: 'read', value: status.value.size } : NO_FILE;
  }

  /** Reads a whole file and names its content. */
  async digest(path: string, algorithm: DigestAlgorithm): Promise<Reading<Digest>> {
    const size = await this.size(path);
    if (size.is !== 'read') return size;
    const hash = createHash(algorithm);
    try {
      const range = { start: 0, end: size.value - 1 };
      for await (const piece of readPieces(join(this.volume, path), range, this.#buffers)) hash.update(piece);
    } catch (error) {
      return faultOf(error);
    }
    return { is: 'read', value: `${algorithm}:${hash.digest('hex')}` as Digest };
  }

  async #status(path: string): Promise<Reading<Stats>> {
    try {
      return { is: 'read', value: await lstat(join(this.volume, path)) };
    } catch (error) {
      return faultOf(error);
    }
  }

  async #read(path: string, maxBytes: number): Promise<Reading<Buffer>> {
    let file: number | undefined;
    try {
      // Opening a pipe would wait for somebody to write into it.
      file = await openFile(
        join(this.volume, path),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      // What an open file is, and its end, wait for no disk: a thread's wake-up would cost more than they do.
      const status = fstatSync(file);
      if (!status.isFile()) return NO_FILE;
      if (status.size > maxBytes) return fault('unexpected', `the file is larger than ${maxBytes} bytes`);
      return { is: 'read', value: await bytesOf(file, status.size) };
    } catch (error) {
      return faultOf(error);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}

async function bytesOf(file: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let length = 0;
  while (length < sizeBytes) {
    const { bytesRead } = await readFile(file, bytes, length, sizeBytes - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

export function fault(kind: UnreadableKind, reason: string): Fault {
  return { is: 'fault', kind, reason };
}

function faultOf(error: unknown): Fault {
  if (isOwnFault(error)) throw error;
  if (failedWith(error, 'ENOENT')) return { is: 'absent' };
  if (failedWith(error, 'ELOOP')) return SYMLINK;
  if (failedWith(error, 'ENOTDIR', 'EISDIR', 'ENXIO')) return NO_FILE;
  return fault('io-error', `it cannot be read (${codeOf(error)})`);
}

const SYMLINK = fault('symlink', 'symbolic links are not followed');
const NO_FILE = fault('unexpected', 'this is not a file');
export const WRONG_CONTENT = fault('wrong-content', 'the content is not what its name says');
