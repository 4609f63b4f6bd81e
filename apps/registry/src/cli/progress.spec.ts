import { describe, expect, it } from 'vitest';
import { Progress } from './progress.js';

describe('the progress of long work', () => {
  it('is a line a second, with the rate of what was done since the work began', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = new Progress(
      (line) => lines.push(line),
      () => nowMs,
    );
    for (const [atMs, done] of [
      [0, 1_000],
      [500, 1_100],
      [1_000, 1_500],
      [1_900, 1_600],
      [2_000, 3_000],
    ] as const) {
      nowMs = atMs;
      progress.report(done, `${done} blobs`);
    }
    expect(lines).toEqual(['herald: 1500 blobs (500/s)\n', 'herald: 3000 blobs (1000/s)\n']);
  });

  it('has a rate for each part of the work', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = new Progress(
      (line) => lines.push(line),
      () => nowMs,
    );
    for (const [atMs, done, part] of [
      [0, 0, 'blobs'],
      [2_000, 40_000, 'blobs'],
      [2_000, 40_000, 'links'],
      [4_000, 44_000, 'links'],
    ] as const) {
      nowMs = atMs;
      progress.report(done, part, part);
    }
    expect(lines).toEqual(['herald: blobs (20000/s)\n', 'herald: links (2000/s)\n']);
  });
});
