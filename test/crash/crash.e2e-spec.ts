import { describe, expect, it } from 'vitest';
import { crashRun } from './crash-run.js';
import { verdict } from './verdict.js';

describe('G1 to G4 over crashes', () => {
  it('loses, invents, reorders and leaves behind nothing when the registry is killed 40 times', async () => {
    const report = await crashRun({ kills: 40, seed: 20 });
    expect(report.findings, verdict(report)).toEqual([]);
    expect(report.kills).toBe(40);
    expect(report.acknowledged).toBeGreaterThan(0);
    for (const covered of [
      report.collected,
      report.replayed,
      report.backups,
      report.reloads,
      report.envelopes,
    ])
      expect(covered, verdict(report)).toBeGreaterThan(0);
  }, 300_000);
});
