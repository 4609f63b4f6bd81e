import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { Pacer } from './pacer.js';

const pacer = (clock = new ManualClock(), traffic = { isNear: false }) =>
  new Pacer(clock, { next: () => 0.5 }, traffic);
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

  describe('beside clients', () => {
    const REST_MS = 6;
    let clock: ManualClock;
    let traffic: { isNear: boolean };
    let paced: Pacer;
    let steps: string[];

    beforeEach(() => {
      clock = new ManualClock();
      traffic = { isNear: true };
      paced = pacer(clock, traffic);
      steps = [];
    });

    const ask = (name: string, ofBacklog: boolean, tookMs = 1) =>
      paced.nextTurn(() => {
        clock.advance(tookMs);
        steps.push(name);
      }, ofBacklog);
    const backlog = (...names: readonly string[]) => names.forEach((name) => ask(name, true));
    const turns = async (number: number) => {
      for (let n = 0; n < number; n += 1) await turn();
    };

    it('rests after a step through a backlog, whichever endpoint has it', async () => {
      backlog('a', 'b', 'c');
      await turns(10);
      expect(steps).toEqual(['a']);
      clock.advance(REST_MS - 1);
      await turns(10);
      expect(steps).toEqual(['a']);
      clock.advance(1);
      await turns(10);
      expect(steps).toEqual(['a', 'b']);
      clock.advance(1_000);
      await turns(10);
      expect(steps).toEqual(['a', 'b', 'c']);
    });

    it('delivers what happens now without a rest', async () => {
      backlog('a', 'b');
      await turns(2);
      for (const name of ['x', 'y', 'z']) ask(name, false);
      await turns(10);
      expect(steps).toEqual(['a', 'x', 'y', 'z']);
      clock.advance(REST_MS);
      await turns(10);
      expect(steps).toEqual(['a', 'x', 'y', 'z', 'b']);
    });

    it('rests only when some work was done, so that small envelopes grow', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) ask(name, true, 0.1);
      await turns(10);
      expect(steps).toEqual(['a', 'b', 'c']);
      clock.advance(REST_MS);
      await turns(10);
      expect(steps).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('does not rest after what happens now', async () => {
      ask('x', false);
      backlog('a');
      await turns(2);
      expect(steps).toEqual(['x', 'a']);
    });

    it('does not rest while no client is near, and begins to when one comes', async () => {
      traffic.isNear = false;
      backlog('a', 'b', 'c', 'd');
      await turns(2);
      expect(steps).toEqual(['a', 'b']);
      traffic.isNear = true;
      await turns(10);
      expect(steps).toEqual(['a', 'b']);
      clock.advance(REST_MS);
      await turns(10);
      expect(steps).toEqual(['a', 'b', 'c']);
    });
  });
});
