import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { LeapingClock } from '../../test/leaping-clock.js';
import { waitFor } from '../../test/wait-for.js';
import { Clock } from '../delivery/clock.js';
import { LogMaintenance } from '../retention/log-maintenance.js';

const HOUR_MS = 3_600_000;

describe('an event that fails while the endpoint takes others', () => {
  const bench = useDelivery();
  const endpoint = () => bench.endpoint('a', { threshold: 1_000, maxAttempts: 1_000 });
  const start = (clock: Clock) =>
    bench.app.start([endpoint()], {
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
  const failures = () => bench.receiver.requests.filter(({ body }) => body.includes('"lane":"bad"')).length;
  /** Another event is taken, and the bad one fails again after that. */
  const goOn = async (n: number) => {
    await bench.app.publish('good', n);
    await waitFor(() => bench.app.metrics('a').Successes === n);
    const before = failures();
    await waitFor(() => failures() > before + 1 || bench.app.metrics('a').deadLetters > 0);
  };

  it('is dead when it did so for as long as it may, in time in which it was tried, over pauses and restarts', async () => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = (request, response) =>
      response.writeHead(request.body.includes('"lane":"bad"') ? 500 : 200).end();
    await start(clock);
    await bench.app.publish('bad', 1, 2);
    await goOn(1);
    await bench.app.broadcaster.pause('a');
    clock.leap(100 * HOUR_MS);
    await bench.app.broadcaster.resume('a');
    await goOn(2);
    clock.leap(71 * HOUR_MS);
    await goOn(3);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 2, deadLetters: 0 });
    await bench.app.stop();
    clock.leap(100 * HOUR_MS);
    await start(clock);
    await goOn(4);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 2, deadLetters: 0 });
    clock.leap(HOUR_MS);
    await goOn(5);
    await bench.app.progress.flush();
    expect(await bench.letters()).toMatchObject([{ reason: 'expired', last_status: 500 }]);
    await goOn(6);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, deadLetters: 1, Successes: 6 });
  });

  it('grows no older in a pause, although a request that was under way fails in it', async () => {
    const clock = new LeapingClock();
    const held: ServerResponse[] = [];
    bench.receiver.behaviour = (request, response) => {
      if (request.body.includes('"lane":"bad"')) held.push(response);
      else response.writeHead(200).end();
    };
    await start(clock);
    await bench.app.publish('bad', 1);
    await waitFor(() => held.length === 1);
    await bench.app.publish('good', 1);
    await waitFor(() => bench.app.metrics('a').Successes === 1);
    await bench.app.broadcaster.pause('a');
    clock.leap(100 * HOUR_MS);
    held[0]?.writeHead(500).end();
    await waitFor(() => bench.app.metrics('a').Failures === 1);
    clock.leap(100 * HOUR_MS);
    await bench.app.broadcaster.resume('a');
    await bench.app.context.get(LogMaintenance, { strict: false }).run();
    await waitFor(() => held.length === 2);
    held[1]?.writeHead(500).end();
    await waitFor(() => bench.app.metrics('a').Failures === 2);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, deadLetters: 0 });
  });

  it('keeps its whole time when the endpoint takes nothing at all: then all of it is at fault', async () => {
    const clock = new LeapingClock();
    bench.receiver.behaviour = (_request, response) => response.writeHead(500).end();
    await start(clock);
    await bench.app.publish('bad', 1);
    await waitFor(() => failures() > 1);
    clock.leap(100 * HOUR_MS);
    const before = failures();
    await waitFor(() => failures() > before + 2);
    expect(bench.app.metrics('a')).toMatchObject({ Pending: 1, deadLetters: 0 });
  });
});
