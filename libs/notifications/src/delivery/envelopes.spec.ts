import { describe, expect, it } from 'vitest';
import { DispatcherBench, FAULT, REFUSAL, SUCCESS } from '../../test/dispatcher-bench.js';
import type { AttemptResult } from './attempt.js';
import type { DispatchSettings, Shipment } from './dispatcher.js';

const TOO_LARGE: AttemptResult = { kind: 'answered', status: 413, text: '' };
const TIMEOUT: AttemptResult = { kind: 'unanswered', fault: 'timeout', sent: true, stale: false };
const STALE: AttemptResult = { kind: 'unanswered', fault: 'connect', sent: true, stale: true };

const upTo = (events: number, bytes = 1e6): Partial<DispatchSettings> => ({
  concurrency: 1,
  threshold: 1_000,
  envelope: { events, bytes, sizeOf: () => 10 },
});
const idsOf = (shipment: Shipment | undefined) => shipment?.records.map(({ record }) => record.id) ?? [];

/** Sends everything that may be sent, a second at a time, and gives the events of each request. `other`: a lane that gets an event each second. */
function play(
  bench: DispatcherBench,
  seconds: number,
  answer: (ids: readonly string[]) => AttemptResult,
  other?: string,
): readonly (readonly string[])[] {
  const requests: (readonly string[])[] = [];
  for (let second = 0; second < seconds; second += 1) {
    for (let shipment = bench.next(); shipment !== undefined; shipment = bench.next()) {
      requests.push(idsOf(shipment));
      bench.settle(shipment, answer(idsOf(shipment)));
    }
    bench.consequences.push(bench.dispatcher.conclude());
    bench.nowMs += 1_000;
    if (other !== undefined) bench.append(other);
  }
  return requests;
}

const sizes = (requests: readonly (readonly string[])[]) => requests.map((ids) => ids.length);

describe('envelopes', () => {
  it('begin with one event, and double with each quick success up to what is configured', () => {
    const bench = new DispatcherBench(Array<string>(30).fill('a'), upTo(8));
    expect(sizes(play(bench, 1, () => SUCCESS))).toEqual([1, 2, 4, 8, 8, 7]);
  });

  it('do not grow by a success that took half of the timeout', () => {
    const bench = new DispatcherBench(Array<string>(4).fill('a'), upTo(8));
    for (let n = 0; n < 4; n += 1) {
      const shipment = bench.next();
      expect(idsOf(shipment)).toHaveLength(1);
      bench.nowMs += 500;
      if (shipment !== undefined) bench.settle(shipment, SUCCESS);
    }
  });

  it.each([
    ['an answer that is a failure', FAULT],
    ['no answer', TIMEOUT],
    ['a Retry-After', { kind: 'answered', status: 429, text: '', retryAfter: '1' } as const],
    ['a refusal', REFUSAL],
  ])('halve with %s, down to one', (_what, failure) => {
    const bench = new DispatcherBench(Array<string>(60).fill('a'), upTo(8));
    for (let n = 0; n < 3; n += 1) bench.send(SUCCESS);
    expect(bench.dispatcher.envelopeSize).toBe(8);
    for (const expected of [4, 2, 1, 1]) {
      bench.send(failure);
      expect(bench.dispatcher.envelopeSize).toBe(expected);
      bench.nowMs += 2_000;
    }
  });

  it('stay as they are when a kept connection was closed: that is nobody’s fault', () => {
    const bench = new DispatcherBench(Array<string>(10).fill('a'), upTo(8));
    for (let n = 0; n < 2; n += 1) bench.send(SUCCESS);
    const shipment = bench.next();
    if (shipment !== undefined) bench.settle(shipment, STALE);
    expect(bench.dispatcher.envelopeSize).toBe(4);
    expect(idsOf(bench.next())).toEqual(idsOf(shipment));
  });

  it('keep to their bytes, and send an event alone that is larger', () => {
    const large = (bytes: number): Partial<DispatchSettings> => upTo(100, bytes);
    const bench = new DispatcherBench(Array<string>(30).fill('a'), large(35));
    expect(Math.max(...sizes(play(bench, 1, () => SUCCESS)))).toBe(3);
    const alone = new DispatcherBench(Array<string>(5).fill('a'), large(1));
    expect(sizes(play(alone, 1, () => SUCCESS))).toEqual([1, 1, 1, 1, 1]);
  });

  it('go across lanes as the events lie in the log, each lane in order and one request of it in flight', () => {
    const bench = new DispatcherBench(['a', 'b', 'a', 'c', 'b', 'd'], { ...upTo(4), concurrency: 9 });
    for (let n = 0; n < 2; n += 1) bench.send(SUCCESS);
    bench.append('a', 'd', 'a', 'e', 'b');
    const inFlight = [bench.next(), bench.next(), bench.next()];
    const lanes = inFlight.map((shipment) => new Set(shipment?.records.map(({ lane }) => lane)));
    for (const [index, each] of lanes.entries()) {
      for (const other of lanes.slice(index + 1))
        expect([...each].filter((lane) => other.has(lane))).toEqual([]);
    }
    for (const shipment of inFlight) {
      const sequences = shipment?.records.map(({ sequence }) => sequence) ?? [];
      expect(sequences).toEqual(sequences.toSorted((x, y) => x - y));
    }
  });

  it.each([
    ['refuses', REFUSAL, 'refused'],
    ['fails over', FAULT, 'poison'],
  ] as const)(
    'find by halving the one event that the endpoint %s, and make no other a dead letter',
    (_what, answer, reason) => {
      const lanes = Array.from({ length: 200 }, (_, index) => `l${index % 7}-`);
      const bench = new DispatcherBench(lanes, upTo(64), { event: () => 1_000, breaker: () => 1_000 });
      const requests = play(bench, 100, (ids) => (ids.includes('l3-151') ? answer : SUCCESS), 'other');
      expect(bench.dead).toEqual(['l3-151']);
      expect(bench.lanes.rows.undone).toBeLessThanOrEqual(1);
      expect(bench.consequences.flatMap(({ letters }) => letters)[0]?.reason).toBe(reason);
      for (const lane of new Set(lanes)) {
        const delivered = requests
          .filter((ids) => !ids.includes('l3-151'))
          .flat()
          .filter((id) => id.startsWith(lane));
        expect(delivered).toEqual(delivered.toSorted((x, y) => Number(x.slice(3)) - Number(y.slice(3))));
        expect(new Set(delivered).size).toBe(delivered.length);
      }
    },
  );

  it('shrink without a wait when they are too large for the endpoint, and hold that against no event', () => {
    const bench = new DispatcherBench(Array<string>(100).fill('a'), upTo(64));
    const requests = play(bench, 1, (ids) => (ids.length > 10 ? TOO_LARGE : SUCCESS));
    expect(new Set(requests.filter((ids) => ids.length <= 10).flat()).size).toBe(100);
    expect(bench.dead).toEqual([]);
    expect(bench.dispatcher.breaker.name).toBe('closed');
  });

  it('hold a 413 against an event that is alone', () => {
    const bench = new DispatcherBench(['a', 'b'], upTo(64));
    play(bench, 16, (ids) => (ids.includes('a1') ? TOO_LARGE : SUCCESS));
    expect(bench.dead).toEqual(['a1']);
  });

  it('never count a failure against an event while they carry several', () => {
    const bench = new DispatcherBench(Array<string>(40).fill('a'), upTo(8));
    for (let n = 0; n < 3; n += 1) bench.send(SUCCESS);
    const shipment = bench.next();
    if (shipment !== undefined) bench.settle(shipment, FAULT);
    expect(bench.lanes.history('a')).toMatchObject({ refusals: 0, strikes: 0 });
  });

  it('probe an endpoint that failed with a single event', () => {
    const bench = new DispatcherBench(Array<string>(40).fill('a'), { ...upTo(8), threshold: 1 });
    for (let n = 0; n < 3; n += 1) bench.send(SUCCESS);
    bench.send(FAULT);
    bench.nowMs += 1_000;
    expect(idsOf(bench.next())).toEqual(['a8']);
  });
});
