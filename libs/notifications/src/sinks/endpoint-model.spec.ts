import { Logger } from '@nestjs/common';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  constant,
  type Arbitrary,
} from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EndpointPlay } from '../../test/endpoint-play.js';
import type { Deed, EndpointStep, Reply } from '../../test/endpoint-steps.js';
import { TemporaryDatabase } from '../../test/temporary-database.js';

const deed = (weight: number, ...deeds: readonly Deed[]) => ({
  weight,
  arbitrary: record({ do: constantFrom(...deeds) }),
});
const answer = (weight: number, ...replies: readonly Reply[]) => ({
  weight,
  arbitrary: record({
    do: constant('answer' as const),
    which: nat(5),
    reply: constantFrom(...replies),
    hastily: boolean(),
  }),
});

const wish = (weight: number) => ({
  weight,
  arbitrary: record({
    do: constant('wish' as const),
    wish: constantFrom('all' as const, 'x' as const, 'y' as const),
  }),
});
const regret = (weight: number) => ({
  weight,
  arbitrary: record({ do: constantFrom('cancel' as const, 'give up' as const), which: nat(3) }),
});

/** The endpoint is changed, and much else begins before that has ended. */
const together: Arbitrary<EndpointStep> = record({
  change: oneof(deed(7, 'disable', 'detach', 'watch', 'enable', 'attach'), wish(3)),
  others: array(
    oneof(answer(3, 'take', 'refuse', 'fail'), deed(3, 'save', 'maintain', 'redrive'), regret(2)),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
}).map(({ change, others }) => ({ do: 'together', steps: [change, ...others] }));

const step: Arbitrary<EndpointStep> = oneof(
  {
    weight: 12,
    arbitrary: record({
      do: constant('publish' as const),
      lane: constantFrom('l', 'm', 'n'),
      kind: constantFrom('x' as const, 'y' as const),
    }),
  },
  answer(12, 'take'),
  answer(8, 'refuse', 'fail', 'lose', 'too large'),
  answer(1, 'retire', 'ask to wait'),
  {
    weight: 6,
    arbitrary: record({ do: constant('pass time' as const), ms: constantFrom(50, 1_100, 10_000, 70_000) }),
  },
  { weight: 6, arbitrary: record({ do: constant('serve' as const) }) },
  { weight: 3, arbitrary: record({ do: constant('refuse for good' as const), which: nat(3) }) },
  { weight: 2, arbitrary: record({ do: constant('flood' as const), events: integer({ min: 5, max: 15 }) }) },
  deed(3, 'save'),
  deed(3, 'crash'),
  deed(2, 'stop and start'),
  deed(2, 'pause', 'disable', 'detach'),
  deed(7, 'resume', 'enable', 'attach'),
  deed(3, 'maintain', 'watch'),
  deed(2, 'redrive'),
  wish(2),
  {
    weight: 2,
    arbitrary: record({
      do: constant('replay' as const),
      from: nat(40),
      events: integer({ min: 1, max: 10 }),
    }),
  },
  regret(1),
  { weight: 2, arbitrary: together },
);

/** An event is refused for good, and another is taken. */
const oneLetter: readonly EndpointStep[] = [
  { do: 'publish', lane: 'l', kind: 'x' },
  { do: 'refuse for good', which: 0 },
  { do: 'publish', lane: 'm', kind: 'x' },
  { do: 'answer', which: 0, reply: 'take' },
  { do: 'save' },
];

/** Something is in flight, and somebody may wish to have a dead letter sent again or given up, whenever the endpoint is changed. */
const changed: Arbitrary<readonly EndpointStep[]> = array(
  oneof(
    {
      weight: 2,
      arbitrary: together.map((change): readonly EndpointStep[] => [
        ...oneLetter,
        { do: 'flood', events: 4 },
        change,
      ]),
    },
    { weight: 1, arbitrary: together.map((change): readonly EndpointStep[] => [{ do: 'redrive' }, change]) },
    { weight: 1, arbitrary: step.map((each) => [each]) },
  ),
  { maxLength: 8, size: 'max' },
).map((parts) => parts.flat());

describe('an endpoint, whatever happens to it', () => {
  let database: TemporaryDatabase;

  beforeAll(() => {
    for (const level of ['log', 'warn', 'error'] as const)
      vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
    database = new TemporaryDatabase();
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await database.remove();
  });

  it('counts a dead letter once that was in flight when its replay was cancelled, and that somebody wants to give up then', async () => {
    const play = await EndpointPlay.begin(database.database);
    const refused = [1_100, 10_000, 10_000].flatMap((ms): readonly EndpointStep[] => [
      { do: 'answer', which: 0, reply: 'refuse' },
      { do: 'pass time', ms },
    ]);
    const script: readonly EndpointStep[] = [
      { do: 'publish', lane: 'l', kind: 'x' },
      ...refused,
      { do: 'answer', which: 0, reply: 'refuse' },
      { do: 'publish', lane: 'm', kind: 'x' },
      { do: 'answer', which: 0, reply: 'take' },
      { do: 'save' },
      { do: 'redrive' },
    ];
    for (const each of script) await play.run(each);
    expect(play.model.letters).toMatchObject([{ reason: 'refused', sequences: [1] }]);
    await play.run({ do: 'cancel', which: 0 });
    await play.run({ do: 'give up', which: 0 });
    await play.run({ do: 'answer', which: 0, reply: 'take' });
    await play.finish();
  });

  it('counts a dead letter once that is in flight while the endpoint is being stopped, and whose replay is cancelled then', async () => {
    const play = await EndpointPlay.begin(database.database);
    const script: readonly EndpointStep[] = [
      ...oneLetter,
      { do: 'redrive' },
      { do: 'flood', events: 15 },
      {
        do: 'together',
        steps: [
          { do: 'watch' },
          { do: 'cancel', which: 0 },
          { do: 'give up', which: 0 },
          { do: 'answer', which: 0, reply: 'take' },
        ],
      },
    ];
    for (const each of script) await play.run(each);
    await play.finish();
  });

  it.each(['detach', 'disable'] as const)(
    'counts a dead letter once that is given up while the endpoint is told to %s',
    async (change) => {
      const play = await EndpointPlay.begin(database.database);
      const script: readonly EndpointStep[] = [
        ...oneLetter,
        { do: 'publish', lane: 'l', kind: 'x' },
        {
          do: 'together',
          steps: [
            { do: change },
            { do: 'give up', which: 0 },
            { do: 'answer', which: 0, reply: 'take' },
            { do: 'give up', which: 0 },
          ],
        },
      ];
      for (const each of script) await play.run(each);
      await play.finish();
    },
  );

  it('gives up with a dead letter what joined it while the endpoint was being disabled', async () => {
    const play = await EndpointPlay.begin(database.database);
    const script: readonly EndpointStep[] = [
      { do: 'flood', events: 14 },
      { do: 'watch' },
      { do: 'publish', lane: 'l', kind: 'x' },
      { do: 'together', steps: [{ do: 'disable' }, { do: 'give up', which: 0 }] },
    ];
    for (const each of script) await play.run(each);
    expect(play.model.forgiven).toContain(15);
    await play.finish();
  });

  it('may be detached while the log is being maintained', async () => {
    const play = await EndpointPlay.begin(database.database);
    const script: readonly EndpointStep[] = [
      { do: 'publish', lane: 'l', kind: 'x' },
      { do: 'together', steps: [{ do: 'detach' }, { do: 'maintain' }] },
    ];
    for (const each of script) await play.run(each);
    await play.finish();
  });

  it.each([
    { fate: 'is let through again', deeds: [{ do: 'wish', wish: 'all' }] },
    { fate: 'stays left out over a restart', deeds: [{ do: 'stop and start' }] },
    { fate: 'stays left out over a crash', deeds: [{ do: 'save' }, { do: 'crash' }] },
  ] as const)(
    'counts an event once that a changed filter leaves out behind one that is refused, and that $fate',
    async ({ deeds }) => {
      const play = await EndpointPlay.begin(database.database);
      const script: readonly EndpointStep[] = [
        { do: 'flood', events: 5 },
        { do: 'wish', wish: 'x' },
        { do: 'refuse for good', which: 0 },
        ...deeds,
      ];
      for (const each of script) await play.run(each);
      await play.finish();
    },
  );

  it('rests while a replay of an endpoint that has failed for too long has a request in flight', async () => {
    const play = await EndpointPlay.begin(database.database);
    const script: readonly EndpointStep[] = [
      { do: 'flood', events: 5 },
      { do: 'replay', from: 0, events: 1 },
      { do: 'refuse for good', which: 0 },
      { do: 'pass time', ms: 10_000 },
      { do: 'wish', wish: 'y' },
      { do: 'answer', which: 0, reply: 'take' },
      { do: 'serve' },
      { do: 'wish', wish: 'all' },
      { do: 'answer', which: 2, reply: 'take' },
    ];
    for (const each of script) await play.run(each);
    await play.finish();
  });

  it.each([
    ['whatever happens to it', array(step, { maxLength: 60, size: 'max' })],
    ['though it is changed while it has dead letters', changed],
  ])(
    'is sent all it is owed, in order, or has it as dead letters, and nothing it may not be sent, %s',
    async (_, scripts) => {
      await assert(
        asyncProperty(scripts, async (steps) => {
          const play = await EndpointPlay.begin(database.database);
          for (const each of steps) await play.run(each);
          await play.finish();
        }),
        { numRuns: 60 },
      );
    },
    120_000,
  );
});
