import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseError } from '../database.error.js';
import type { DiskState } from './disk.js';
import type { DiskRefusal } from './system-refusal.js';
import { WatchedDisk } from './watched-disk.js';

/** A loaded machine needs longer than the second that is waited otherwise. */
const SOON = { timeout: 10_000 };

const KIB = 1024;
const SIZES = { minFreeBytes: 800 * KIB, reserveBytes: 64 * KIB };

/** The disk as the operating system shows it, and the hand of the clock. */
class Machine {
  free = 10_000 * KIB;
  total = 100_000 * KIB;
  refusal: DiskRefusal | undefined;
  probes = 0;
  #tick = (): void => undefined;

  readonly tools = {
    freeBytes: () => Promise.resolve(this.free),
    totalBytes: () => Promise.resolve(this.total),
    probe: () => {
      this.probes += 1;
      return this.refusal;
    },
    setTimer: (_delayMs: number, callback: () => void) => {
      this.#tick = callback;
      return () => (this.#tick = () => undefined);
    },
  };

  tick(): void {
    this.#tick();
  }
}

const failure = (code: string) => Object.assign(new Error(`${code}: told by the system`), { code });

describe('a watched disk', () => {
  let directory: string;
  let machine: Machine;
  let disk: WatchedDisk;
  const states: DiskState[] = [];
  const logged = { log: 0, warn: 0, error: 0 };
  const reserve = () => join(directory, 'data', 'reserve');
  const open = () => WatchedDisk.open({ directories: [join(directory, 'data')], ...SIZES }, machine.tools);

  beforeEach(async () => {
    for (const level of ['log', 'warn', 'error'] as const) {
      logged[level] = 0;
      vi.spyOn(Logger.prototype, level).mockImplementation(() => void (logged[level] += 1));
    }
    directory = mkdtempSync(join(tmpdir(), 'herald-disk-'));
    machine = new Machine();
    disk = await open();
    states.length = 0;
    disk.onChange((state) => states.push(state));
  });

  afterEach(() => {
    disk.close();
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  it('keeps no more than an eighth of a small file system free, and as much for the reserve', async () => {
    disk.close();
    rmSync(reserve());
    machine.total = 320 * KIB;
    machine.free = 80 * KIB;
    disk = await open();
    expect([disk.state, disk.reserveBytes]).toEqual(['writable', 40 * KIB]);
    machine.free = 39 * KIB;
    await disk.look();
    expect(disk.state).toBe('low');
  });

  it('keeps a reserve that is really written', () => {
    const { size, blocks } = statSync(reserve());
    expect(size).toBe(SIZES.reserveBytes);
    expect(blocks * 512).toBeGreaterThanOrEqual(SIZES.reserveBytes);
    expect(disk).toMatchObject({ state: 'writable', refusal: undefined, reserveBytes: SIZES.reserveBytes });
  });

  it('takes nothing new below the floor, before any write has failed, and lets what was promised go on', async () => {
    machine.free = SIZES.minFreeBytes - 1;
    machine.tick();
    await disk.look();
    expect(disk.state).toBe('low');
    expect(disk.refusal).toContain('nearly full');
    expect([disk.admits('change'), disk.admits('progress'), disk.admits('retention')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('looks before its time when much was written', async () => {
    machine.free = 0;
    disk.wrote(SIZES.minFreeBytes);
    await vi.waitFor(() => expect(disk.state).toBe('low'), SOON);
  });

  it('is not writable again at the edge of the floor, but with room to spare', async () => {
    machine.free = SIZES.minFreeBytes - 1;
    await disk.look();
    machine.free = SIZES.minFreeBytes + 1;
    await disk.look();
    expect(disk.state).toBe('low');
    machine.free = SIZES.minFreeBytes * 1.2;
    await disk.look();
    expect(states).toEqual(['low', 'writable']);
  });

  it.each([
    [failure('ENOSPC'), 'full'],
    [failure('EDQUOT'), 'full'],
    [failure('EROFS'), 'readonly'],
    [new DatabaseError('FULL', 'database or disk is full'), 'full'],
    [new DatabaseError('READ_ONLY', 'attempt to write a readonly database'), 'readonly'],
  ])('learns from a write that ended in %s', (error, state) => {
    expect(disk.refused(error)).toBe(state);
    expect(disk).toMatchObject({ state });
  });

  it.each([failure('EIO'), new DatabaseError('IO', 'disk I/O error'), new Error('ENOSPC'), 'ENOSPC'])(
    'learns nothing from a write that ended in %s',
    (error) => {
      expect(disk.refused(error)).toBeUndefined();
      expect(disk.state).toBe('writable');
    },
  );

  it('lets nobody write to a read-only file system', () => {
    disk.refused(failure('EROFS'));
    expect(disk.admits('progress')).toBe(false);
    expect(disk.admits('retention')).toBe(false);
  });

  it('gives up half of the reserve for acknowledgements, the rest for retention, and nothing for what is new', () => {
    disk.refused(failure('ENOSPC'));
    expect(disk.makeRoom('change')).toBe(false);
    expect(disk.makeRoom('progress')).toBe(true);
    expect(statSync(reserve()).size).toBe(SIZES.reserveBytes / 2);
    expect(disk.makeRoom('progress')).toBe(false);
    expect(disk.makeRoom('retention')).toBe(true);
    expect(existsSync(reserve())).toBe(false);
    expect(disk.makeRoom('retention')).toBe(false);
  });

  it('fills the reserve again, and is writable only then', async () => {
    disk.refused(failure('ENOSPC'));
    disk.makeRoom('retention');
    machine.free = SIZES.minFreeBytes * 1.125 + SIZES.reserveBytes - 1;
    await disk.look();
    expect(disk.state).toBe('full');
    machine.free += 1;
    await disk.look();
    expect(disk.state).toBe('writable');
    expect(statSync(reserve()).size).toBe(SIZES.reserveBytes);
  });

  it('believes a write and no figure: a quota, and a file system that is read-only, show in none', async () => {
    disk.refused(failure('EDQUOT'));
    machine.refusal = 'full';
    await disk.look();
    expect(disk.state).toBe('full');
    machine.refusal = 'readonly';
    await disk.look();
    expect(disk.state).toBe('readonly');
    machine.refusal = undefined;
    let proofs = 0;
    disk.proveBy(() => {
      proofs += 1;
      return proofs === 1 ? Promise.reject(new DatabaseError('READ_ONLY', 'not yet')) : Promise.resolve();
    });
    await disk.look();
    expect(disk.state).toBe('readonly');
    await disk.look();
    expect(disk.state).toBe('writable');
  });

  it('writes no probe while nothing is in doubt', async () => {
    const before = machine.probes;
    for (let look = 0; look < 5; look += 1) await disk.look();
    expect(machine.probes).toBe(before);
  });

  it('removes at the start the probe of a process that was killed while it probed', async () => {
    disk.close();
    const probe = join(directory, 'data', 'disk-probe');
    writeFileSync(probe, 'a megabyte');
    disk = await open();
    expect(existsSync(probe)).toBe(false);
  });

  it('logs each change once', async () => {
    for (let time = 0; time < 3; time += 1) disk.refused(failure('ENOSPC'));
    machine.free = 0;
    await disk.look();
    expect(logged.error).toBe(1);
    machine.free = 10_000 * KIB;
    await disk.look();
    expect(logged.log).toBe(1);
  });

  it('completes at the next start a reserve that a crash left half written, and keeps none when told so', async () => {
    disk.close();
    truncateSync(reserve(), 1_000);
    disk = await open();
    expect(statSync(reserve()).size).toBe(SIZES.reserveBytes);
    disk.close();
    disk = await WatchedDisk.open(
      { directories: [join(directory, 'data')], minFreeBytes: 0, reserveBytes: 0 },
      machine.tools,
    );
    expect(existsSync(reserve())).toBe(false);
  });

  it('takes nothing new at a start without room for the reserve', async () => {
    disk.close();
    rmSync(reserve());
    machine.free = SIZES.minFreeBytes + SIZES.reserveBytes - 1;
    disk = await open();
    expect(disk.state).toBe('low');
  });
});
