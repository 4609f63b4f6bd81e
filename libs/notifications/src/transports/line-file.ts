import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Read for the last byte of what is there. */
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR;

/** Names of repositories and of people stand in it: for the owner and the group. */
const MODE = 0o640;

const LINE_END = 0x0a;

/**
 * A file that grows by whole lines. Whoever moves it away (log rotation) finds all later lines in a new file of the name. What a crash or
 * a full disk cut off stands on a line of its own, which is no JSON.
 */
export class LineFile {
  #handle: FileHandle | undefined;

  constructor(
    private readonly path: string,
    private readonly fsync: 'always' | 'never',
  ) {}

  /** Appends lines; with `fsync: always` they are durable when it resolves. One call at a time. @throws errors of the file system */
  async append(lines: string): Promise<void> {
    const { handle, sizeBytes } = await this.#current();
    if (lines === '') return;
    const whole = sizeBytes === 0 || (await endsLine(handle, sizeBytes));
    const data = Buffer.from(whole ? lines : `\n${lines}`);
    try {
      await writeAll(handle, data);
      if (this.fsync === 'always') await handle.datasync();
    } catch (error) {
      await takeBack(handle, sizeBytes, data.length);
      throw error;
    }
  }

  /** The next lines go to the file that has the name then. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #current(): Promise<{ readonly handle: FileHandle; readonly sizeBytes: number }> {
    const named = await statOf(this.path);
    // Opening anything else could wait for ever for somebody at the other end.
    if (named !== undefined && !named.isFile()) throw new Error('not a regular file');
    if (this.#handle !== undefined) {
      const { ino, dev } = await this.#handle.stat();
      if (named?.ino === ino && named.dev === dev) return { handle: this.#handle, sizeBytes: named.size };
      await this.close();
    }
    this.#handle = await open(this.path, FLAGS, MODE);
    if (named === undefined && this.fsync === 'always') await syncDirectory(dirname(this.path));
    return { handle: this.#handle, sizeBytes: (await this.#handle.stat()).size };
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function endsLine(handle: FileHandle, sizeBytes: number): Promise<boolean> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, sizeBytes - 1);
  return bytesRead === 1 && buffer[0] === LINE_END;
}

async function writeAll(handle: FileHandle, data: Buffer): Promise<void> {
  let written = 0;
  while (written < data.length) written += (await handle.write(data, written)).bytesWritten;
}

/** Removes what was written of lines that are written again, unless somebody has written more meanwhile. */
async function takeBack(handle: FileHandle, sizeBytes: number, addedBytes: number): Promise<void> {
  try {
    const { size } = await handle.stat();
    if (size > sizeBytes && size <= sizeBytes + addedBytes) await handle.truncate(sizeBytes);
  } catch {
    // It stays, on a line of its own: the lines come again whole.
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
