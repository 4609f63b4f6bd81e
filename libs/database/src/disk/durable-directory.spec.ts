import fileSystem, { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeDurableDirectory } from './durable-directory.js';

describe('a new data directory', () => {
  let root: string;
  const opened = new Map<number, string>();
  let synced: string[];

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'herald-directory-')));
    synced = [];
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
  });

  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    rmSync(root, { recursive: true });
  });

  it('has its name, and that of each parent that was missing, on the disk', () => {
    makeDurableDirectory(join(root, 'a', 'b', 'c'));
    expect(existsSync(join(root, 'a', 'b', 'c'))).toBe(true);
    expect(synced).toEqual(['a/b/c', 'a/b', 'a', ''].map((path) => join(root, path)));
  });

  it('costs nothing when it is there', () => {
    makeDurableDirectory(root);
    expect(synced).toEqual([]);
  });
});

describe('a directory that cannot be made', () => {
  it('is refused by a file system that takes none, and not tried for ever', () => {
    expect(() => makeDurableDirectory('/proc/herald/data')).toThrow('mkdir');
    expect(() => makeDurableDirectory('/proc/herald')).toThrow('mkdir');
  });

  it('is refused below a file, and where a file has its name', () => {
    const root = mkdtempSync(join(tmpdir(), 'herald-directory-'));
    writeFileSync(join(root, 'file'), '');
    for (const path of ['file', 'file/x/y'])
      expect(() => makeDurableDirectory(join(root, path))).toThrow(
        `EEXIST: file already exists, mkdir '${join(root, 'file')}'`,
      );
    rmSync(root, { recursive: true });
  });
});
