import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { Pacer } from './pacer.js';

const pacer = () => new Pacer(new ManualClock(), { next: () => 0.5 });
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
});
