import {
  array,
  assert,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_HISTORY } from './progress.js';
import { Play, type Fate, type PlainStep, type Step } from '../../test/lanes-play.js';

const lane = constantFrom('a', 'b', 'c', 'd', 'e');
const which = nat(10);
const plain = (weight: number, name: PlainStep) => ({ weight, arbitrary: constant<Step>({ do: name }) });
const append = (weight: number, wanted: boolean) => ({
  weight,
  arbitrary: record({ do: constant('append' as const), lane, wanted: constant(wanted) }),
});
const settle = (weight: number, ...fates: readonly Fate[]) => ({
  weight,
  arbitrary: record({ do: constantFrom(...fates), which }),
});

const step: Arbitrary<Step> = oneof(
  append(6, true),
  append(1, false),
  plain(5, 'read'),
  plain(2, 'begin to load'),
  plain(4, 'load'),
  { weight: 8, arbitrary: record({ do: constant('take' as const), events: integer({ min: 1, max: 6 }) }) },
  plain(3, 'begin to save'),
  plain(3, 'save'),
  plain(1, 'fail to save'),
  plain(1, 'crash'),
  plain(1, 'crash after a commit'),
  plain(1, 'stop and start'),
  plain(4, 'pass time'),
  plain(1, 'condemn'),
  plain(1, 'acquit'),
  settle(5, 'deliver'),
  settle(5, 'retry', 'bury', 'suspect', 'put back'),
);

/** What goes on in a lane while little fails. */
const flow = array(constantFrom(come(0), come(1), come(2), [{ do: 'deliver', which: 0 } as const]), {
  maxLength: 4,
}).map((steps) => steps.flat());

/** One lane alone, that is forgotten and known anew all the time while something is being stored. */
const busy: Arbitrary<readonly Step[]> = array(
  oneof(
    {
      weight: 3,
      arbitrary: flow.map((steps) => [{ do: 'begin to save' }, ...steps, { do: 'save' }] as const),
    },
    { weight: 1, arbitrary: flow.map((steps) => [...comeBack(), ...steps]) },
    { weight: 1, arbitrary: flow },
  ),
  { maxLength: 10, size: 'max' },
).map((rounds) => rounds.flat());

/** So many events come in and are read, and the first that is not under way is sent. */
function come(events: number): readonly Step[] {
  const appended = Array.from({ length: events }, (): Step => ({ do: 'append', lane: 'a', wanted: true }));
  return [...appended, { do: 'read' }, { do: 'take', events: 1 }];
}

/** An event fails, and is sent again. */
function comeBack(): readonly Step[] {
  const names: readonly PlainStep[] = ['save', 'pass time', 'pass time', 'load'];
  return [...come(1), { do: 'retry', which: 0 }, ...names.map((name) => ({ do: name })), ...come(0)];
}

describe('Lanes', () => {
  it('does not repeat after a crash what was done before the last save but one, though an older event is still open', () => {
    const play = new Play();
    const script: readonly Step[] = [
      { do: 'append', lane: 'slow', wanted: true },
      { do: 'append', lane: 'quick', wanted: true },
      { do: 'read' },
      { do: 'take', events: 1 },
      { do: 'take', events: 1 },
      { do: 'deliver', which: 1 },
      { do: 'save' },
      { do: 'save' },
      { do: 'crash' },
    ];
    for (const each of script) play.run(each);
    expect(play.fates.get(2)).toBe('delivered');
    play.drain();
    expect(play.fates.get(1)).toBe('delivered');
  });

  it('begins again with the event that was set aside, though what follows it is being loaded', () => {
    const play = new Play();
    const script: readonly Step[] = [
      { do: 'append', lane: 'a', wanted: true },
      { do: 'append', lane: 'a', wanted: true },
      { do: 'read' },
      { do: 'take', events: 1 },
      { do: 'suspect', which: 0 },
      { do: 'take', events: 1 },
      { do: 'retry', which: 0 },
      { do: 'save' },
      { do: 'pass time' },
      { do: 'pass time' },
      { do: 'begin to load' },
      { do: 'acquit' },
      { do: 'load' },
      { do: 'load' },
      { do: 'take', events: 1 },
    ];
    for (const each of script) play.run(each);
    expect(play.inFlight.flat().map(({ sequence }) => sequence)).toEqual([1]);
  });

  it('does not hold against an event that was set aside what was tried with the one behind it, after a crash neither', () => {
    const play = new Play();
    const script: readonly Step[] = [
      ...come(2),
      { do: 'suspect', which: 0 },
      { do: 'take', events: 1 },
      { do: 'retry', which: 0 },
      { do: 'save' },
      { do: 'crash' },
      { do: 'load' },
      { do: 'take', events: 1 },
    ];
    for (const each of script) play.run(each);
    expect(play.inFlight.flat().map(({ sequence }) => sequence)).toEqual([1]);
    expect(play.lanes.history('a')).toEqual(NO_HISTORY);
  });

  it('forgives refusals of an event whose endpoint was at fault, over a crash too', () => {
    const play = new Play();
    for (const each of come(1)) play.run(each);
    play.lanes.wait('a', 10, { ...NO_HISTORY, attempts: 3, refusals: 3 });
    const script: readonly Step[] = [
      { do: 'save' },
      { do: 'acquit' },
      { do: 'save' },
      { do: 'crash' },
      { do: 'load' },
      { do: 'take', events: 1 },
    ];
    for (const each of script) play.run(each);
    expect(play.lanes.history('a')).toEqual({ ...NO_HISTORY, attempts: 3 });
  });

  it('keeps an event in flight, though its lane was forgotten and known anew while that was being stored', () => {
    const play = new Play();
    const script: readonly Step[] = [
      ...come(1),
      { do: 'retry', which: 0 },
      { do: 'save' },
      { do: 'pass time' },
      { do: 'pass time' },
      { do: 'load' },
      { do: 'take', events: 1 },
      { do: 'deliver', which: 0 },
      { do: 'begin to save' },
      ...come(2),
      { do: 'deliver', which: 0 },
      { do: 'save' },
      { do: 'begin to save' },
      { do: 'take', events: 1 },
      { do: 'deliver', which: 0 },
      ...come(1),
      { do: 'save' },
      { do: 'retry', which: 0 },
    ];
    for (const each of script) play.run(each);
    play.drain();
    expect([...play.deliveredEver]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['many lanes', array(step, { maxLength: 120, size: 'max' })],
    ['one busy lane', busy],
  ])(
    'keeps order, loses nothing, and repeats no more than two saves did, whatever happens in %s',
    (_, scripts) => {
      assert(
        property(scripts, (steps) => {
          const play = new Play();
          for (const each of steps) play.run(each);
          play.drain();
          for (const { record: event, wanted } of play.log) {
            const fate = play.fates.get(event.sequence);
            if (!wanted) expect(fate).toBeUndefined();
            else
              expect(fate === 'delivered' || fate === 'dead', `event ${event.sequence} has an end`).toBe(
                true,
              );
            if (fate === 'delivered') expect(play.deliveredEver).toContain(event.sequence);
          }
          expect(play.disk.rows.size, 'nothing is left over').toBe(0);
          expect(play.disk.exceptions.size).toBe(0);
        }),
        { numRuns: 500 },
      );
    },
  );
});
