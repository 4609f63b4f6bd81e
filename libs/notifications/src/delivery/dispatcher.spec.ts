import { describe, expect, it } from 'vitest';
import { DispatcherBench as Bench, FAULT, REFUSAL, SUCCESS } from '../../test/dispatcher-bench.js';
import type { AttemptResult } from './attempt.js';
import type { Shipment } from './dispatcher.js';

/** Everything that may be sent now. */
function inFlightOf(bench: Bench): readonly Shipment[] {
  const shipments: Shipment[] = [];
  for (let next = bench.next(); next !== undefined; next = bench.next()) shipments.push(next);
  return shipments;
}

describe('Dispatcher', () => {
  it('sends lanes side by side up to its concurrency, and one event of each', () => {
    const bench = new Bench(['a', 'a', 'b', 'c', 'c'], { concurrency: 2 });
    const first = bench.next();
    const second = bench.next();
    expect([first, second].map((shipment) => shipment?.records[0]?.record.id)).toEqual(['a1', 'b3']);
    expect(bench.next()).toBeUndefined();
    if (first !== undefined) bench.settle(first, SUCCESS);
    expect(bench.next()?.records[0]?.record.id).toBe('c4');
    expect(bench.next()).toBeUndefined();
  });

  it('lets a lane that waits hold no other', () => {
    const bench = new Bench(['a', 'b', 'b', 'a']);
    expect(bench.send(FAULT)).toBe('a1');
    expect(bench.send(SUCCESS)).toBe('b2');
    expect(bench.send(SUCCESS)).toBe('b3');
    expect(bench.send(SUCCESS)).toBeUndefined();
    bench.nowMs = 1_000;
    expect(bench.send(SUCCESS)).toBe('a1');
    expect(bench.send(SUCCESS)).toBe('a4');
  });

  it('probes with another lane than the one that failed last', () => {
    const bench = new Bench(['a', 'b', 'c'], { threshold: 1 });
    expect(bench.send(FAULT)).toBe('a1');
    expect(bench.send(SUCCESS)).toBeUndefined();
    bench.nowMs = 1_000;
    expect(bench.send(FAULT)).toBe('b2');
    bench.nowMs = 2_000;
    expect(bench.send(SUCCESS)).toBe('c3');
    expect(bench.consequences.map(({ health }) => health)).toEqual(['opened', 'same', 'recovered']);
    expect(bench.run(1, () => SUCCESS).toSorted()).toEqual(['a1', 'b2']);
  });

  it('probes with another lane though the one that failed last would be due first', () => {
    const event = (attempts: number) => (attempts === 1 ? 60_000 : 10);
    const bench = new Bench(['a', 'b'], { threshold: 1 }, { event, breaker: () => 1_000 });
    const probed: (string | undefined)[] = [];
    for (; bench.nowMs < 4_000; bench.nowMs += 1_000) probed.push(bench.send(FAULT));
    expect(probed).toEqual(['a1', 'b2', 'a1', 'b2']);
  });

  it('lets nothing wait any longer when the endpoint works again', () => {
    const bench = new Bench(['a', 'b', 'c'], {}, { event: () => 60_000, breaker: () => 1_000 });
    for (let n = 0; n < 3; n += 1) bench.send(FAULT);
    bench.nowMs = 1_000;
    expect(bench.run(1, () => SUCCESS)).toHaveLength(3);
  });

  it('floods no endpoint that has just recovered: four requests at first, twice as many with each success', () => {
    const lanes = Array.from({ length: 200 }, (_, index) => `lane-${index}-`);
    const bench = new Bench(lanes, { threshold: 1, concurrency: 70 });
    bench.send(FAULT);
    bench.nowMs = 1_000;
    bench.send(SUCCESS);
    let inFlight = inFlightOf(bench);
    expect(inFlight).toHaveLength(4);
    for (const expected of [64, 70]) {
      for (const shipment of inFlight) bench.settle(shipment, SUCCESS);
      inFlight = inFlightOf(bench);
      expect(inFlight).toHaveLength(expected);
    }
  });

  it('floods no endpoint either that recovers by refusing an event, and lets nothing wait for it any longer', () => {
    const lanes = Array.from({ length: 12 }, (_, index) => `lane-${index}-`);
    const bench = new Bench(
      lanes,
      { threshold: 3, concurrency: 10 },
      { event: () => 60_000, breaker: () => 1_000 },
    );
    for (let n = 0; n < 3; n += 1) bench.send(FAULT);
    bench.nowMs = 1_000;
    bench.send(REFUSAL);
    expect(bench.consequences.at(-1)?.health).toBe('recovered');
    const inFlight = inFlightOf(bench);
    expect(inFlight).toHaveLength(4);
    for (const shipment of inFlight) bench.settle(shipment, SUCCESS);
    expect(bench.run(10, () => SUCCESS)).toHaveLength(lanes.length - 4);
  });

  it('probes with the lane that failed when there is no other', () => {
    const bench = new Bench(['a', 'a'], { threshold: 1 });
    expect(bench.send(FAULT)).toBe('a1');
    bench.nowMs = 1_000;
    expect(bench.send(SUCCESS)).toBe('a1');
    expect(bench.send(SUCCESS)).toBe('a2');
  });

  it('makes an event a dead letter that the endpoint refuses four times within 15 s, and goes on with its lane', () => {
    const bench = new Bench(['a', 'a', 'b']);
    const sent = bench.run(15, (id) => (id === 'a1' ? REFUSAL : SUCCESS));
    expect(sent.filter((id) => id === 'a1')).toHaveLength(4);
    expect(bench.dead).toEqual(['a1']);
    expect(sent.at(-1)).toBe('a2');
    expect(bench.consequences.flatMap(({ letters }) => letters)[0]).toMatchObject({
      reason: 'refused',
      attempts: 4,
      lastStatus: 422,
      lastAnswer: 'cannot read that',
    });
  });

  it('makes a refused event a dead letter though it is the only one there is', () => {
    const bench = new Bench(['a']);
    bench.run(16, () => REFUSAL);
    expect(bench.dead).toEqual(['a1']);
  });

  it('holds the endpoint responsible when it refuses different events in a row, and makes none of them a dead letter', () => {
    const bench = new Bench(['a', 'a', 'a', 'a', 'a']);
    const sent = bench.run(300, () => REFUSAL);
    expect(bench.dead).toEqual([]);
    expect(bench.consequences.some(({ health }) => health === 'opened')).toBe(true);
    expect(sent.at(-1)).toBe('a1');
    expect(bench.run(5, () => SUCCESS)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
  });

  it('makes an event a dead letter over which the endpoint fails five times while it takes others', () => {
    const bench = new Bench(['a', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'a']);
    let failures = 0;
    for (let second = 0; second < 30; second += 1) {
      const id = bench.send((event) => (event === 'a1' ? FAULT : SUCCESS));
      if (id === 'a1') failures += 1;
      bench.nowMs += 1_000;
    }
    expect(failures).toBe(5);
    expect(bench.dead).toEqual(['a1']);
    expect(bench.lanes.rows.undone).toBe(0);
  });

  it('never makes an event a dead letter for a fault when the endpoint takes no other: the head waits', () => {
    const bench = new Bench(['a', 'a']);
    const sent = bench.run(120, () => FAULT);
    expect(new Set(sent)).toEqual(new Set(['a1']));
    expect(sent.length).toBeGreaterThan(10);
    expect(bench.dead).toEqual([]);
  });

  it('never makes an event a dead letter for a connection that was not made', () => {
    const bench = new Bench(['a', ...Array<string>(20).fill('b')]);
    const refused: AttemptResult = { kind: 'unanswered', fault: 'connect', sent: false, stale: false };
    for (let second = 0; second < 20; second += 1) {
      bench.send((event) => (event === 'a1' ? refused : SUCCESS));
      bench.nowMs += 1_000;
    }
    expect(bench.dead).toEqual([]);
  });

  it('waits as long as the endpoint asked, and counts that as no attempt', () => {
    const bench = new Bench(['a', 'b']);
    expect(bench.send({ kind: 'answered', status: 429, text: '', retryAfter: '30' })).toBe('a1');
    bench.nowMs = 29_999;
    expect(bench.send(SUCCESS)).toBeUndefined();
    expect(bench.dispatcher.nextWakeMs(bench.nowMs)).toBe(30_000);
    bench.nowMs = 30_000;
    expect(new Set([bench.send(SUCCESS), bench.send(SUCCESS)])).toEqual(new Set(['a1', 'b2']));
    expect(bench.lanes.history('a').attempts).toBe(0);
  });

  it('sends nothing any more to an endpoint that is gone, and loses nothing of it', () => {
    const bench = new Bench(['a', 'b']);
    bench.send({ kind: 'answered', status: 410, text: '' });
    expect(bench.consequences.at(-1)?.health).toBe('retired');
    bench.nowMs = 1e9;
    expect(bench.send(SUCCESS)).toBeUndefined();
    expect(bench.dispatcher.nextWakeMs(bench.nowMs)).toBe(Number.POSITIVE_INFINITY);
    expect(bench.lanes.rows.undone).toBe(2);
    bench.dispatcher.admission.retired = false;
    expect(new Set([bench.send(SUCCESS), bench.send(SUCCESS)])).toEqual(new Set(['a1', 'b2']));
  });
});
