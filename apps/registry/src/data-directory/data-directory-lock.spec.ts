import fileSystem, { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('is held by one at a time, names who has it, and is free again when that one is gone', () => {
    const first = DataDirectoryLock.acquire(parent);
    expect(() => DataDirectoryLock.acquire(parent)).toThrow(DataDirectoryInUse);
    expect(() => DataDirectoryLock.acquire(parent)).toThrow(`process ${process.pid}`);
    first.release();
    DataDirectoryLock.acquire(parent).release();
  });
});
