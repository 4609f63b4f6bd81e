import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a file's bytes durable; of a directory, the names in it: a new name is not durable before its directory was synced. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a directory and its missing parents, each durable: the parent of the first new one is synced too. */
export async function makeDurableDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const stop = dirname(first);
  for (let directory = path; ; directory = dirname(directory)) {
    await sync(directory);
    if (directory === stop) return;
  }
}

/**
 * Gives a file a second name, durably. A file that is there under that name already is replaced: it was left by a crash or by another
 * program, and what it holds was never checked.
 */
export async function linkDurably(file: string, name: string): Promise<void> {
  await makeDurableDirectory(dirname(name));
  try {
    await link(file, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const aside = `${name}.new`;
    await rm(aside, { force: true });
    await link(file, aside);
    await rename(aside, name);
    // Renaming one name of a file over another name of the same file does nothing, and leaves both.
    await rm(aside, { force: true });
  }
  await sync(dirname(name));
}
