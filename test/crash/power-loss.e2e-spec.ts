import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CrashArena } from './crash-arena.js';
import { Random } from './random.js';

/** More by `POWER_LOSSES=100 vitest run --project e2e test/crash/power-loss`, with another `POWER_SEED`. */
const LOSSES = Number(process.env['POWER_LOSSES'] ?? 3);
const SEED = Number(process.env['POWER_SEED'] ?? 11);

const WORKING_MS = { least: 150, most: 500 };

describe('G1 to G4 over power losses', () => {
  it(
    `loses, invents and reorders nothing when the power fails ${LOSSES} times`,
    async () => {
      const random = new Random(SEED, 'power');
      const arena = await CrashArena.open(random, { power: true });
      let taken = 0;
      try {
        for (let loss = 0; loss < LOSSES; loss += 1) {
          const { ready } = await arena.launch();
          expect(await ready).toBe('serving');
          await sleep(random.between(WORKING_MS.least, WORKING_MS.most));
          const { walBytes, names, files } = await arena.losePower();
          taken += walBytes + names + files;
        }
        await expect(arena.settle(), `seed ${SEED}`).resolves.toEqual([]);
        expect(arena.journal.count('acknowledged')).toBeGreaterThan(LOSSES);
        expect(taken).toBeGreaterThan(0);
      } finally {
        await arena.dispose(false);
      }
    },
    60_000 + LOSSES * 10_000,
  );
});
