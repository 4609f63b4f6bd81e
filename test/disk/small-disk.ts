import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FAULTS = fileURLToPath(new URL('./disk-faults.ts', import.meta.url));

const SIZE = '24m';

/** A disk for a registry's data that can be filled, and emptied again. */
export interface SmallDisk {
  readonly path: string;
  /** What the program is started with. */
  readonly preload: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Nothing can be written any more. */
  fill(): void;
  /** There is room again. */
  clear(): void;
  /** Only what is not in use can be made read-only. */
  makeReadOnly(): void;
  makeWritable(): void;
  remove(): void;
}

/** A file system of its own, in memory. @returns undefined where this process may not mount one */
export function mountedDisk(): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'herald-disk-'));
  const mount = (...args: readonly string[]) => execFileSync('mount', args, { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', `size=${SIZE}`, 'none', path);
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    preload: [],
    environment: {},
    fill: () => writeUntilFull(ballast),
    clear: () => rmSync(ballast, { force: true }),
    makeReadOnly: () => mount('-o', 'remount,ro', path),
    makeWritable: () => mount('-o', 'remount,rw', path),
    remove: () => {
      execFileSync('umount', ['--lazy', path]);
      rmSync(path, { recursive: true });
    },
  };
}

/** A directory of an ordinary disk, and a program that is given the errors of a full one: see disk-faults.ts. */
export function pretendedDisk(): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'herald-disk-'));
  const control = `${path}.state`;
  const say = (state: 'writable' | 'full' | 'readonly') => writeFileSync(control, state);
  say('writable');
  return {
    path,
    preload: ['--import', FAULTS],
    environment: { DISK_FAULTS: control, DISK_FAULTS_BELOW: path },
    fill: () => say('full'),
    clear: () => say('writable'),
    makeReadOnly: () => say('readonly'),
    makeWritable: () => say('writable'),
    remove: () => {
      rmSync(path, { recursive: true });
      rmSync(control);
    },
  };
}

function writeUntilFull(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const piece of [Buffer.alloc(2 ** 16, 1), Buffer.alloc(2 ** 12, 1)]) {
      try {
        for (;;) writeSync(file, piece);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
