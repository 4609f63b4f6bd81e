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
import { describe, it } from 'vitest';
import { ReplayPlay, type ReplayStep } from '../../test/replay-play.js';

const plain = (weight: number, name: 'read' | 'save' | 'crash' | 'cancel' | 'pass time') => ({
  weight,
  arbitrary: constant<ReplayStep>({ do: name }),
});

const step: Arbitrary<ReplayStep> = oneof(
  plain(4, 'read'),
  plain(3, 'save'),
  plain(1, 'crash'),
  plain(2, 'pass time'),
  { weight: 6, arbitrary: record({ do: constant('take' as const), events: integer({ min: 1, max: 4 }) }) },
  {
    weight: 8,
    arbitrary: record({
      do: constantFrom('send' as const, 'fail' as const, 'retry' as const),
      which: nat(5),
    }),
  },
);

const lanes = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 15 });

describe('ReplayWindow', () => {
  it('keeps the order of each lane, and leaves nothing out, whatever happens and wherever a crash cuts it', () => {
    assert(
      property(lanes, array(step, { maxLength: 80, size: 'max' }), (events, steps) => {
        const play = new ReplayPlay(events);
        for (const each of steps) play.run(each);
        play.finish();
      }),
      { numRuns: 300 },
    );
  });

  it('sends nothing of a replay after it was cancelled', () => {
    const cancelling = oneof({ weight: 20, arbitrary: step }, plain(1, 'cancel'));
    assert(
      property(lanes, array(cancelling, { maxLength: 60, size: 'max' }), (events, steps) => {
        const play = new ReplayPlay(events);
        for (const each of steps.filter(({ do: what }) => what !== 'crash')) play.run(each);
        play.finish();
      }),
      { numRuns: 100 },
    );
  });
});
