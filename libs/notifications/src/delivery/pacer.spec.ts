import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { Pacer } from './pacer.js';

const pacer = (clock = new ManualClock()) => new Pacer(clock, { next: () => 0.5 });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Pacer', () => {
  it('takes one step in a turn of the event loop, in the order in which they were asked for', async () => {
    const steps: string[] = [];
    const paced = pacer();
    for (const name of ['a', 'b', 'c']) paced.nextTurn(() => void steps.push(name));
    expect(steps).toEqual([]);
    const seen: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await turn();
      seen.push(steps.length);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(steps).toEqual(['a', 'b', 'c']);
  });

  it('lets a step that asks for another wait behind those who asked before', async () => {
    const steps: string[] = [];
    const paced = pacer();
    const busy = () => {
      steps.push('busy');
      if (steps.length < 6) paced.nextTurn(busy);
    };
    paced.nextTurn(busy);
    paced.nextTurn(() => void steps.push('other'));
    for (let n = 0; n < 8; n += 1) await turn();
    expect(steps.slice(0, 3)).toEqual(['busy', 'other', 'busy']);
  });

  it('leaves turns to others while the loop is late, and is slowed down by that, but not stopped', async () => {
    const clock = new ManualClock();
    let steps = 0;
    const paced = pacer(clock);
    const step = () => {
      steps += 1;
      paced.nextTurn(step);
    };
    paced.nextTurn(step);
    const turnsOf = async (turns: number, othersMs: number) => {
      const before = steps;
      for (let n = 0; n < turns; n += 1) {
        clock.advance(othersMs);
        await turn();
      }
      return steps - before;
    };
    await expect(turnsOf(20, 0)).resolves.toBe(20);
    await expect(turnsOf(20, 2)).resolves.toBe(20);
    await expect(turnsOf(21, 3)).resolves.toBe(7);
    await expect(turnsOf(21, 1_000)).resolves.toBe(7);
    await expect(turnsOf(20, 0)).resolves.toBe(20);
  });

  it('leaves the more turns to others the longer a step took', async () => {
    const clock = new ManualClock();
    const paced = pacer(clock);
    const turnsAfter = async (tookMs: number) => {
      const steps: string[] = [];
      paced.nextTurn(() => {
        clock.advance(tookMs);
        steps.push('long');
      });
      paced.nextTurn(() => void steps.push('next'));
      let turns = 0;
      for (; steps.length < 2; turns += 1) await turn();
      return turns - 2;
    };
    await expect(turnsAfter(1)).resolves.toBe(0);
    await expect(turnsAfter(2)).resolves.toBe(1);
    await expect(turnsAfter(3)).resolves.toBe(1);
    await expect(turnsAfter(4)).resolves.toBe(2);
    await expect(turnsAfter(1_000)).resolves.toBe(2);
  });
});
