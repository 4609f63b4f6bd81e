import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failedWith } from './file-error.js';

/**
 * Files and names that outlive a power loss: a name is durable only when its directory was synced after it appeared. What was there
 * already is synced too, because whoever created it may have been killed before it came to that.
 */
export class DurableFiles {
  /** Makes a file's bytes durable; of a directory, the names in it. */
  async sync(path: string): Promise<void> {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /**
   * Makes sure that a directory is there, with its name in each directory from its parent up to `top`, and further up where parents
   * of `top` had to be created. Both paths are absolute, and `top` is the directory or above it.
   */
  async makeDirectory(path: string, top: string): Promise<void> {
    const created = await mkdir(path, { recursive: true });
    const above = created === undefined ? top : dirname(created);
    // Both lie on the way from the directory to the root: the shorter one is the higher one.
    const last = above.length < top.length ? above : top;
    for (let directory = path; ; directory = dirname(directory)) {
      await this.sync(directory);
      if (directory === last) return;
    }
  }

  /**
   * Gives a file a second name, in a directory of its own that is created if need be. A file that is there under that name already is
   * replaced: it was left by a crash or by another program, and what it holds was never checked.
   */
  async link(file: string, name: string): Promise<void> {
    const directory = dirname(name);
    await mkdir(directory, { recursive: true });
    try {
      await link(file, name);
    } catch (error) {
      if (!failedWith(error, 'EEXIST')) throw error;
      await replace(file, name);
    }
    await this.sync(directory);
    await this.sync(dirname(directory));
  }

  /** Removes a directory and all that is in it; that it was gone already is no fault. */
  async removeDirectory(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
    try {
      await this.sync(dirname(path));
    } catch (error) {
      if (!failedWith(error, 'ENOENT')) throw error;
    }
  }
}

async function replace(file: string, name: string): Promise<void> {
  const aside = `${name}.new`;
  await rm(aside, { force: true });
  await link(file, aside);
  await rename(aside, name);
  // Renaming one name of a file over another name of the same file does nothing, and leaves both.
  await rm(aside, { force: true });
}
