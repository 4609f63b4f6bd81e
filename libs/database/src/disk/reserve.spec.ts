import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reserve } from './reserve.js';

const SIZE_BYTES = 1024 * 1024;

describe('the reserve', () => {
  let directory: string;
  let reserve: Reserve;

  const path = () => join(directory, 'reserve');
  const lengthOnDisk = () => (existsSync(path()) ? statSync(path()).size : 0);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'herald-reserve-'));
    reserve = new Reserve(path(), SIZE_BYTES);
    await reserve.build();
  });

  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  it('never says that more of it is there than is, when the rest is given up while it is rebuilt', async () => {
    reserve.giveUp('progress');
    const file = await open(path());
    const handles = Object.getPrototypeOf(file) as typeof file;
    await file.close();
    vi.spyOn(handles, 'sync').mockImplementationOnce(() => {
      expect(reserve.giveUp('retention')).toBe(true);
      return Promise.resolve();
    });
    await reserve.build();
    expect([reserve.bytes, lengthOnDisk()]).toEqual([0, 0]);
    await reserve.build();
    expect([reserve.bytes, lengthOnDisk()]).toEqual([SIZE_BYTES, SIZE_BYTES]);
  });
});
