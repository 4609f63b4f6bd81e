import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrashArena } from './crash-arena.js';
import { COLLECTION_POINTS, CRASH_POINTS, OPERATION_POINTS } from './crash-points.js';
import { COLLECTING, COPYING, QUIET, type Generation } from './generation.js';
import { Random } from './random.js';

/** How often the program may pass a point before it dies there. */
const MOST_VISITS = 12;

/** A program that is not dead by then never comes to the point, in ms. */
const NEVER_MS = 40_000;

/** A schema is made once, and half a blob is recovered only after a crash that left one. */
const FIRST = 'mid-migration';
const RECOVERY = 'mid-recovery';
const LEAVE_HALF = new Set(['after-link', 'before-unlink']);

describe('G1 to G4 over a crash at each point where it could hurt', () => {
  const seed = 7;
  const random = new Random(seed, 'crash points');
  const others = Object.keys(CRASH_POINTS).filter((point) => point !== FIRST && point !== RECOVERY);
  const removals = Object.keys(COLLECTION_POINTS);
  const points = [FIRST, ...others, ...removals, ...Object.keys(OPERATION_POINTS)].flatMap((point) =>
    LEAVE_HALF.has(point) ? [point, RECOVERY] : [point],
  );
  let arena: CrashArena;

  beforeAll(async () => {
    arena = await CrashArena.open(random);
  });

  afterAll(() => arena.dispose(false));

  it.each(points)('dies %s', async (point) => {
    const visits = point in CRASH_POINTS && !point.startsWith('mid-') ? random.between(1, MOST_VISITS) : 1;
    const generation = generationOf(point);
    const { ended } = await arena.launch({ ...generation, crashPoint: `${point}:${visits}` });
    const never = sleep(NEVER_MS, 'it never came there', { ref: false });
    const end = await Promise.race([ended, never]);
    expect(end).toBe('SIGKILL');
  });

  it('has lost, invented, reordered and left behind nothing then', async () => {
    await expect(arena.settle()).resolves.toEqual([]);
    expect(arena.journal.count('acknowledged')).toBeGreaterThan(points.length);
  }, 120_000);
});

/** A run of the registry that comes to the point. */
function generationOf(point: string): Generation {
  if (point in COLLECTION_POINTS) return COLLECTING;
  return point in OPERATION_POINTS ? COPYING : QUIET;
}
