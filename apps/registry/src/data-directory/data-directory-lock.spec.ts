import fileSystem, { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataDirectoryInUse, DataDirectoryLock, type DataPlaces } from './data-directory-lock.js';

/** With the database where it is unless the configuration says otherwise. */
const placesIn = (rootDirectory: string, path = join(rootDirectory, 'herald/herald.db')): DataPlaces => ({
  storage: { rootDirectory },
  database: { path },
});

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
    DataDirectoryLock.acquire(placesIn(join(parent, 'new/data'))).release();
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
    expect(() => DataDirectoryLock.acquire(placesIn(directory))).toThrow(
      expect.objectContaining({
        code: 'DIRECTORY_UNUSABLE',
        message: expect.stringMatching(
          new RegExp(
            `^storage\\.filesystem\\.rootdirectory: ${directory} cannot be the data directory: ${reason}.*choose`,
            'u',
          ),
        ) as string,
      }),
    );
  });

  it.each([
    ['below a file', 'file/herald.db', 'a file has that name, or one above it'],
    ...(existsSync('/proc/self')
      ? [['where a file system takes no directories', '/proc/herald/herald.db', 'its file system takes no']]
      : []),
  ])('names the key of the database when that is to lie %s', (_which, path = '', reason = '') => {
    writeFileSync(join(parent, 'file'), '');
    const database = resolve(parent, path);
    expect(() => DataDirectoryLock.acquire(placesIn(parent, database))).toThrow(
      `database.path: ${database} cannot be the database: ${reason}`,
    );
  });

  it('makes the directory of a database that lies elsewhere', () => {
    DataDirectoryLock.acquire(placesIn(join(parent, 'data'), join(parent, 'fast/disk/herald.db'))).release();
    expect(existsSync(join(parent, 'fast/disk'))).toBe(true);
  });

  it('is held by one at a time, names who has it, and is free again when that one is gone', () => {
    const first = DataDirectoryLock.acquire(placesIn(parent));
    expect(() => DataDirectoryLock.acquire(placesIn(parent))).toThrow(DataDirectoryInUse);
    expect(() => DataDirectoryLock.acquire(placesIn(parent))).toThrow(`process ${process.pid}`);
    first.release();
    DataDirectoryLock.acquire(placesIn(parent)).release();
  });
});
