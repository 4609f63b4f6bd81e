import fileSystem, { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataDirectoryInUse, DataDirectoryLock } from './data-directory-lock.js';

describe('the lock on a data directory', () => {
  let parent: string;

  beforeEach(() => {
    parent = realpathSync(mkdtempSync(join(tmpdir(), 'herald-lock-')));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    rmSync(parent, { recursive: true });
  });

  it('makes a new directory that a power loss leaves where it is', () => {
    const opened = new Map<number, string>();
    const synced: string[] = [];
    const { openSync, fsyncSync } = fileSystem;
    vi.spyOn(fileSystem, 'openSync').mockImplementation((path, flags) => {
      const handle = openSync(path, flags);
      opened.set(handle, String(path));
      return handle;
    });
    vi.spyOn(fileSystem, 'fsyncSync').mockImplementation((handle) => {
      fsyncSync(handle);
      synced.push(opened.get(handle) ?? '');
    });
    syncBuiltinESMExports();
    DataDirectoryLock.acquire(join(parent, 'new/data')).release();
    for (const directory of ['new/data', 'new', '']) expect(synced).toContain(join(parent, directory));
  });

  it.each([
    ['a file', 'file', 'a file has that name, or one above it'],
    ['below a file', 'file/x/y', 'a file has that name, or one above it'],
    ['below a device', '/dev/null/x', 'a file has that name, or one above it'],
    ...(existsSync('/proc/self')
      ? [['where a file system takes no directories', '/proc/herald', 'its file system takes no directories']]
      : []),
  ])('says which key to change, and how, when the directory is %s', (_which, path = '', reason = '') => {
    writeFileSync(join(parent, 'file'), '');
    const directory = resolve(parent, path);
    expect(() => DataDirectoryLock.acquire(directory)).toThrow(
      expect.objectContaining({
        code: 'DATA_DIRECTORY_UNUSABLE',
        message: expect.stringMatching(
          new RegExp(
            `^storage\\.filesystem\\.rootdirectory: ${directory} cannot be the data directory: ${reason}.*choose`,
            'u',
          ),
        ) as string,
      }),
    );
  });

  it('is held by one at a time, names who has it, and is free again when that one is gone', () => {
    const first = DataDirectoryLock.acquire(parent);
    expect(() => DataDirectoryLock.acquire(parent)).toThrow(DataDirectoryInUse);
    expect(() => DataDirectoryLock.acquire(parent)).toThrow(`process ${process.pid}`);
    first.release();
    DataDirectoryLock.acquire(parent).release();
  });
});
