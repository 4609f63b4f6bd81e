import { describe, expect, it } from 'vitest';
import { crashRun } from './crash-run.js';
import { verdict } from './verdict.js';

/** More by `npm run crash -- --power-losses 100`. */
const LOSSES = 3;

describe('G1 to G4 over power losses', () => {
  it(`loses, invents and reorders nothing when the power fails ${LOSSES} times`, async () => {
    const report = await crashRun({ kills: LOSSES, seed: 11, power: true, parallel: 1 });
    expect(report.findings, verdict(report)).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(LOSSES);
    const { walBytes, names, files } = report.power;
    expect(walBytes + names + files).toBeGreaterThan(0);
  }, 120_000);
});
