import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failedWith } from '../drivers/file-error.js';
import type { Digest } from '../repository/digest.js';
import type { UnreadableLink } from './unreadable-links.js';
import type { Link } from './volume-layout.js';

/** What a walk over a volume comes upon. Paths are relative to `docker/registry/v2`. */
export type Finding =
  | { readonly is: 'blob'; readonly path: string; readonly digest: Digest }
  | { readonly is: 'link'; readonly path: string; readonly link: Link }
  | ({ readonly is: 'unreadable' } & UnreadableLink)
  | { readonly is: 'ignored'; readonly path: string; readonly what: 'upload' | 'leftover' };

/**
 * A directory on a walk. Walks are in sorted order, entry by entry of each directory, so that one that was interrupted can go on:
 * `after` are the names on the way from here to the last path that is done. Memory is the entries of the directories on the way.
 */
export interface Place {
  readonly path: string;
  readonly after: readonly string[];
}

/** Where a walk goes on: behind the last path that was done, which is below `top` or empty. */
export function placeAfter(top: string, cursor: string): Place {
  return { path: top, after: cursor === '' ? [] : cursor.slice(top.length + 1).split('/') };
}

/** What Distribution 3.1 and newer leave when they are killed while they write. */
const LEFTOVER = /\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$/;

/** The directories of a volume. No symbolic link is followed below its top, which an operator may have put elsewhere. */
export class VolumeWalk {
  constructor(private readonly volume: string) {}

  /**
   * The directories in a directory, sorted; what else is there comes as findings. One that is not there has nothing in it.
   *
   * @param enter what is done with each directory, by its name
   */
  async *directories(
    place: Place,
    enter: (name: string, inside: Place) => AsyncIterable<Finding> | Iterable<Finding>,
  ): AsyncGenerator<Finding> {
    const { entries, oddities } = await this.#look(place);
    yield* oddities;
    const [first, ...rest] = place.after;
    for (const entry of entries) {
      if (first !== undefined && entry.name < first) continue;
      const path = `${place.path}/${entry.name}`;
      if (entry.isDirectory()) yield* enter(entry.name, { path, after: entry.name === first ? rest : [] });
      else yield oddity(path, entry);
    }
  }

  async #look({ path }: Place): Promise<{ entries: readonly Dirent[]; oddities: readonly Finding[] }> {
    const directory = join(this.volume, path);
    try {
      // Entries are looked at before they are entered; only the top of a walk was not.
      if ((await lstat(directory)).isSymbolicLink()) return { entries: [], oddities: [symlink(path)] };
      const entries = await readdir(directory, { withFileTypes: true });
      return {
        entries: entries.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
        oddities: [],
      };
    } catch (error) {
      if (failedWith(error, 'ENOENT')) return { entries: [], oddities: [] };
      if (isOwnFault(error)) throw error;
      const reason = `the directory cannot be read (${codeOf(error)})`;
      return { entries: [], oddities: [unreadable(path, 'io-error', reason)] };
    }
  }
}

/** Something in the place of a directory. */
function oddity(path: string, entry: Dirent): Finding {
  if (entry.isSymbolicLink()) return symlink(path);
  if (entry.isFile() && LEFTOVER.test(entry.name)) return { is: 'ignored', path, what: 'leftover' };
  return unreadable(path, 'unexpected', 'nothing of this kind belongs here');
}

function symlink(path: string): Finding {
  return unreadable(path, 'symlink', 'symbolic links are not followed');
}

export function unreadable(path: string, kind: UnreadableLink['kind'], reason: string): Finding {
  return { is: 'unreadable', path, kind, reason };
}

/** What the operating system calls a fault, without the absolute path that its message has. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Whether this process ran out of something: that says nothing about the volume. */
export function isOwnFault(error: unknown): boolean {
  return !(error instanceof Error) || failedWith(error, 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN');
}
