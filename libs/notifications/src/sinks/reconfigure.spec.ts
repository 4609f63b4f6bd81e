import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { accept, answer, Receiver } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import type { EndpointOptions } from '../notifications.options.js';

describe('endpoints that are configured anew while the application runs', () => {
  const bench = useDelivery();
  let other: Receiver;

  const reconfigure = (...endpoints: readonly EndpointOptions[]) =>
    bench.app.broadcaster.reconfigure({ endpoints });
  const elsewhere = (name: string) => bench.endpoint(name, { url: other.url });

  beforeEach(async () => {
    other = await Receiver.start();
  });

  afterEach(async () => {
    await bench.app.stop();
    await other.stop();
  });

  it('leaves a request in flight of an unchanged endpoint alone', async () => {
    let held: ServerResponse | undefined;
    bench.receiver.behaviour = (_request, response) => (held = response);
    await bench.app.start([bench.endpoint('a')]);
    const sink = bench.app.broadcaster.endpoint('a');
    await bench.app.publish('x', 1);
    await waitFor(() => held !== undefined);
    const told = await reconfigure(elsewhere('b'), bench.endpoint('a'));
    expect(told).toEqual({
      added: ['b'],
      resumed: [],
      changed: [],
      detached: [],
      disabled: [],
      unchanged: ['a'],
    });
    held?.end();
    await bench.done('a', 1);
    expect(bench.receiver.requests).toHaveLength(1);
    expect(bench.app.broadcaster.endpoint('a')).toBe(sink);
    expect(bench.app.broadcaster.endpoints.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it('sends what waited to the new address of an endpoint, in order and under the same numbers', async () => {
    bench.receiver.behaviour = answer(503);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1, 2, 3);
    await waitFor(() => bench.app.metrics('a').Failures > 0 && bench.app.metrics('a').Pending === 3);
    const { Failures } = bench.app.metrics('a');
    expect((await reconfigure(elsewhere('a'))).changed).toEqual([{ name: 'a' }]);
    await bench.done('a', 3);
    expect(other.data()).toEqual([1, 2, 3].map((n) => ({ lane: 'x', n })));
    expect(other.headers('herald-sequence')).toEqual(['1', '2', '3']);
    expect(bench.app.metrics('a').Failures).toBeGreaterThanOrEqual(Failures);
    await bench.app.start([elsewhere('a')]);
    await bench.app.publish('x', 4);
    await bench.done('a', 4);
    expect(other.requests).toHaveLength(4);
  });

  it('has a new endpoint begin with what happens from then on', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await reconfigure(bench.endpoint('a'), elsewhere('b'));
    await bench.app.publish('x', 2);
    await bench.done('b', 1);
    expect(other.data()).toEqual([{ lane: 'x', n: 2 }]);
  });

  it('keeps for an endpoint that is gone what it has not got, and brings it when it comes back', async () => {
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect((await reconfigure()).detached).toEqual(['a']);
    expect(bench.app.broadcaster.detached).toMatchObject([{ name: 'a' }]);
    await bench.app.publish('x', 2);
    expect(() => bench.app.metrics('a')).toThrow(expect.objectContaining({ code: 'ENDPOINT_UNKNOWN' }));
    expect(await reconfigure(bench.endpoint('a'))).toMatchObject({ added: [], resumed: ['a'] });
    await bench.done('a', 2);
    expect(bench.things()).toEqual(['x1', 'x2']);
    expect(bench.app.broadcaster.detached).toEqual([]);
  });

  it('keeps nothing for an endpoint that is disabled', async () => {
    bench.receiver.behaviour = answer(503);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await bench.arrived(1);
    expect((await reconfigure(bench.endpoint('a', { disabled: true }))).disabled).toEqual(['a']);
    bench.receiver.behaviour = accept;
    expect((await reconfigure(bench.endpoint('a'))).added).toEqual(['a']);
    await bench.app.publish('x', 2);
    await bench.done('a', 1);
    expect(bench.things().at(-1)).toBe('x2');
  });

  it('says how many events a changed filter releases, those of waiting lanes too, and how many it lets in', async () => {
    const filtered = (...types: readonly string[]) => bench.endpoint('a', { only: { types } });
    bench.receiver.behaviour = answer(503);
    await bench.app.start([filtered('test.thing.*')]);
    for (let n = 0; n < 3; n += 1) await bench.app.publish(`lane-${n}`, n);
    await bench.app.log.publish({ type: 'test.other.happened', lane: 'y', data: { lane: 'y', n: 7 } });
    await waitFor(() => bench.app.metrics('a').Failures > 0 && bench.app.metrics('a').Pending === 3);
    const [changed] = (await reconfigure(filtered('test.other.*'))).changed;
    // The cursor may have passed the other event before the endpoint failed.
    expect(changed).toMatchObject({ name: 'a', released: 3, gained: expect.toBeOneOf([0, 1]) });
    await waitFor(() => bench.app.metrics('a').Pending === changed?.gained);
    bench.receiver.behaviour = accept;
    bench.receiver.requests.length = 0;
    await bench.app.log.publish({ type: 'test.other.happened', lane: 'z', data: { lane: 'z', n: 8 } });
    await waitFor(() => bench.things().includes('z8') && bench.app.metrics('a').Pending === 0);
    expect(bench.things().join()).not.toContain('lane');
  });

  it('changes nothing when one of the new endpoints is wrong', async () => {
    await bench.app.start([bench.endpoint('a')]);
    const wrong = reconfigure(elsewhere('a'), { name: 'b', url: 'ftp://example.org' });
    await expect(wrong).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('endpoints[1].url'),
    });
    await expect(
      reconfigure({ name: 'q', type: 'custom', transport: Symbol('nobody') }),
    ).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['x1']);
    expect(bench.app.broadcaster.configured).toEqual([bench.endpoint('a')]);
  });

  it('goes on as before when the change cannot be stored', async () => {
    await bench.app.start([bench.endpoint('a')]);
    const stored = vi.spyOn(bench.app.progress, 'reconcile').mockRejectedValueOnce(new Error('disk full'));
    await expect(reconfigure(elsewhere('a'))).rejects.toThrow('disk full');
    expect(stored).toHaveBeenCalledOnce();
    await bench.app.publish('x', 1);
    await bench.done('a', 1);
    expect(bench.things()).toEqual(['x1']);
  });

  it('takes one change after another, and what is asked of an endpoint meanwhile comes to pass', async () => {
    bench.receiver.behaviour = answer(410);
    await bench.app.start([bench.endpoint('a')]);
    await bench.app.publish('x', 1);
    await waitFor(() => bench.app.metrics('a').state === 'retired');
    const changes = Promise.all([
      reconfigure(elsewhere('a')),
      reconfigure(),
      reconfigure(elsewhere('a'), bench.endpoint('b')),
    ]);
    const enabled = bench.app.broadcaster.enable('a');
    expect((await changes).map(({ changed, detached, resumed }) => [changed, detached, resumed])).toEqual([
      [[{ name: 'a' }], [], []],
      [[], ['a'], []],
      [[], [], ['a']],
    ]);
    await enabled;
    await bench.done('a', 1);
    expect(other.data()).toEqual([{ lane: 'x', n: 1 }]);
  });

  it('loses and repeats nothing while it is changed again and again under load', async () => {
    await bench.app.start([bench.endpoint('a')]);
    const published = (async () => {
      for (let n = 0; n < 120; n += 1) await bench.app.publish(`lane-${n % 4}`, n);
    })();
    for (let round = 0; round < 8; round += 1)
      await reconfigure(bench.endpoint('a', { threshold: 20 + round }));
    await published;
    await bench.done('a', 120);
    const numbers = bench.receiver.data().map((data) => (data as { n: number }).n);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, n) => n));
    for (let lane = 0; lane < 4; lane += 1) {
      const ofLane = numbers.filter((n) => n % 4 === lane);
      expect(ofLane).toEqual(ofLane.toSorted((a, b) => a - b));
    }
  });
});
