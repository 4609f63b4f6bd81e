import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DurableFiles } from '../drivers/durable-files.js';
import { failedWith } from '../drivers/file-error.js';
import { sideBySide } from '../drivers/side-by-side.js';
import { volumeOf } from './volume-layout.js';

/** A directory on the way to a file is none, or is a symbolic link: what is behind it is not this volume's. */
export class NoWay extends Error {
  override readonly name = 'NoWay';
  readonly code = 'NO_WAY';

  constructor(readonly path: string) {
    super(`${path} is not a directory`);
  }
}

/**
 * Writes files of a volume whole or not at all: each outside of it first, synced, then renamed into it, so that whoever is killed
 * leaves nothing in the volume that does not belong there. The names become durable with {@link settle}, so that the many names of a
 * page cost one sync a directory. Paths are relative to the volume.
 */
export class VolumeWriter {
  readonly #volume: string;
  readonly #aside: string;
  readonly #touched = new Set<string>();
  readonly #ways = new Map<string, Promise<void>>();

  constructor(
    rootDirectory: string,
    private readonly files: DurableFiles = new DurableFiles(),
  ) {
    this.#volume = volumeOf(rootDirectory);
    // On the file system of the volume, as uploads are, and nobody else's.
    this.#aside = join(rootDirectory, 'herald', 'exports');
  }

  /** Removes what a writer that was killed had not finished, and makes room for what is being written. */
  async begin(): Promise<void> {
    await this.end();
    await mkdir(this.#aside, { recursive: true });
  }

  /** Nothing is written any more. */
  async end(): Promise<void> {
    await rm(this.#aside, { recursive: true, force: true });
  }

  /** Puts a file into place, over what is there. Between {@link begin} and {@link end}. @throws NoWay */
  async write(path: string, bytes: Uint8Array | string): Promise<void> {
    await this.#way(dirname(path));
    const aside = join(this.#aside, randomUUID());
    try {
      const handle = await open(aside, 'wx');
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(aside, join(this.#volume, path));
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    this.touch(path);
  }

  /** Removes a file, or a directory with all that is in it; that it was gone already is no fault. */
  async remove(path: string): Promise<void> {
    await rm(join(this.#volume, path), { recursive: true, force: true });
    this.#touched.add(dirname(path));
  }

  /** Makes the name of a file durable that is in place already, and may have come there shortly before a crash. */
  touch(path: string): void {
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      this.#touched.add(directory);
      if (directory === '.') return;
    }
  }

  /** When it resolves, every name that was written, removed or touched so far is on stable storage. */
  async settle(): Promise<void> {
    await sideBySide(this.#touched, async (directory) => {
      try {
        await this.files.sync(join(this.#volume, directory));
      } catch (error) {
        if (!failedWith(error, 'ENOENT')) throw error;
      }
    });
    this.#touched.clear();
    this.#ways.clear();
  }

  /** Creates the directories on the way, one by one: one that is a symbolic link would lead elsewhere. */
  #way(directory: string): Promise<void> {
    if (directory === '.') return Promise.resolve();
    let way = this.#ways.get(directory);
    if (way === undefined) {
      way = this.#step(directory);
      this.#ways.set(directory, way);
    }
    return way;
  }

  async #step(directory: string): Promise<void> {
    await this.#way(dirname(directory));
    const path = join(this.#volume, directory);
    try {
      await mkdir(path);
    } catch (error) {
      if (!failedWith(error, 'EEXIST')) throw error;
      if (!(await lstat(path)).isDirectory()) throw new NoWay(directory);
    }
  }
}
