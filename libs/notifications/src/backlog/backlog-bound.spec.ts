import { describe, expect, it } from 'vitest';
import { BacklogAlarm } from './backlog-alarm.js';
import { backlogBound, BacklogGate, shareOf } from './backlog-bound.js';
import { WantedBytes } from './wanted-bytes.js';

describe('the bound on a backlog', () => {
  it('is what the endpoint says, else what is said for all, else a gibibyte at which the endpoint is stopped', () => {
    expect(backlogBound()).toEqual({ maxEvents: 0, maxBytes: 2 ** 30, onLimit: 'detach' });
    expect(backlogBound({ maxBytes: 5, onLimit: 'refuse' }, { maxBytes: 0, maxEvents: 7 })).toEqual({
      maxEvents: 7,
      maxBytes: 0,
      onLimit: 'refuse',
    });
  });

  it('is used as far as events or bytes use it, whichever do more; 0 bounds nothing', () => {
    const bound = backlogBound({ maxEvents: 100, maxBytes: 1_000 });
    expect(shareOf(bound, { events: 50, bytes: 100 })).toBe(0.5);
    expect(shareOf(bound, { events: 1, bytes: 900 })).toBe(0.9);
    expect(shareOf(backlogBound({ maxBytes: 0 }), { events: 1e9, bytes: 1e15 })).toBe(0);
  });

  it('refuses from the bound on until a tenth of the room is free', () => {
    const gate = new BacklogGate();
    const closed = [0.99, 1, 0.95, 0.9, 0.89, 0.99, 1.2].map((share) => gate.isClosedAt(share));
    expect(closed).toEqual([false, true, true, true, false, false, true]);
  });

  it('is announced at 50, 75 and 90 % and at the bound, once for each time it is reached', () => {
    const alarm = new BacklogAlarm();
    const told = [0.2, 0.5, 0.6, 0.76, 0.74, 0.76, 0.95, 1, 1.1, 0.93, 0.3, 0.8, 0.9].map((share) =>
      alarm.observe(share),
    );
    const none = undefined;
    expect(told).toEqual([none, 0.5, none, 0.75, none, none, 0.9, 1, none, none, none, 0.75, 0.9]);
  });
});

describe('the bytes of the events that an endpoint wants', () => {
  it('are known exactly where counting stopped, and in between by the milestones around', () => {
    const bytes = new WantedBytes({ number: 0, bytes: 0 }, { number: 0, bytes: 0 });
    bytes.count({ number: 10, bytes: 1_000 });
    bytes.count({ number: 20, bytes: 5_000 });
    expect([0, 5, 10, 15, 20, 25].map((number) => bytes.upTo(number))).toEqual([
      0, 500, 1_000, 3_000, 5_000, 5_000,
    ]);
  });

  it('are what was stored, after a restart in the middle of a backlog', () => {
    const bytes = new WantedBytes({ number: 100, bytes: 7_000 }, { number: 200, bytes: 17_000 });
    expect(bytes.upTo(100)).toBe(7_000);
    expect(bytes.upTo(150)).toBe(12_000);
    expect(bytes.upTo(200)).toBe(17_000);
  });

  it('take little memory for a long backlog, and keep both its ends', () => {
    const bytes = new WantedBytes({ number: 0, bytes: 0 }, { number: 0, bytes: 0 });
    for (let n = 1; n <= 100_000; n += 1) bytes.count({ number: n * 512, bytes: n * 51_200 });
    expect(bytes.upTo(0)).toBe(0);
    expect(bytes.upTo(51_200_000)).toBe(5_120_000_000);
    expect(bytes.upTo(25_600_000)).toBe(2_560_000_000);
    bytes.forgetBefore(51_199_999);
    expect(bytes.upTo(51_200_000) - bytes.upTo(51_199_999)).toBe(100);
  });
});
