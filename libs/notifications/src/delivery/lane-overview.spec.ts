import { describe, expect, it } from 'vitest';
import { Lane } from './lane.js';
import { overviewOf } from './lane-overview.js';

const lane = (name: string, first: number | undefined) => {
  const made = new Lane(name);
  made.unloaded = first;
  return made;
};

describe('what operators see of the lanes', () => {
  it('are those that are furthest behind, in order, and how many there are', () => {
    const lanes = [lane('c', 30), lane('done', undefined), lane('a', 10), lane('d', 40), lane('b', 20)];
    const { total, first } = overviewOf(lanes, 2);
    expect(total).toBe(4);
    expect(first.map((view) => [view.lane, view.firstSequence])).toEqual([
      ['a', 10],
      ['b', 20],
    ]);
  });

  it('tells when a lane is tried again only while it waits', () => {
    const waiting = lane('a', 1);
    waiting.state = 'waiting';
    waiting.dueMs = 500;
    const { first } = overviewOf([waiting, lane('b', 2)], 10);
    expect(first.map(({ dueMs }) => dueMs)).toEqual([500, undefined]);
  });
});
