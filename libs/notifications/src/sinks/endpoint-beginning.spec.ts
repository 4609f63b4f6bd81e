import { Logger } from '@nestjs/common';
import { WriteBatch } from '@herald/database';
import { describe, expect, it, vi } from 'vitest';
import { useDelivery } from '../../test/delivery-bench.js';
import { waitFor } from '../../test/wait-for.js';
import type { WebhookOptions } from '../notifications.options.js';

describe('an endpoint of a new name', () => {
  const bench = useDelivery();
  const reader = () => bench.endpoint('reader');
  const numbers = () => bench.receiver.data().map((data) => (data as { n: number }).n);

  /** Events 1 to 6 in a log that has `gone` of them no more, and an endpoint that was not there when they happened. */
  const meets = async (from: WebhookOptions['from'], gone = 0) => {
    await bench.app.start([]);
    await bench.app.publish('x', 1, 2, 3, 4, 5, 6);
    await bench.app.database.commit(new WriteBatch().run('DELETE FROM events WHERE sequence <= ?', [gone]));
    await bench.app.start([{ ...reader(), ...(from !== undefined && { from }) }]);
  };
  const said = () => vi.spyOn(Logger.prototype, 'log').mock.calls.map(([line]) => String(line));

  it('begins with what happens from then on', async () => {
    await meets(undefined);
    await bench.app.publish('x', 7);
    await bench.done('reader', 1);
    expect(numbers()).toEqual([7]);
  });

  it('begins with the oldest event that the log has, when it is to, and is numbered from 1', async () => {
    await meets('oldest', 2);
    await bench.done('reader', 4);
    expect(numbers()).toEqual([3, 4, 5, 6]);
    expect(bench.receiver.headers('herald-sequence')).toEqual(['1', '2', '3', '4']);
    expect(said()).toContain('endpoint reader is new: it begins with event 3 of the log');
  });

  it.each([
    { from: 5, gone: 0, arrives: [5, 6, 7], told: 'it begins with event 5 of the log' },
    { from: 1, gone: 3, arrives: [4, 5, 6, 7], told: 'event 4 of the log, and not with 1: what was before' },
    { from: 7, gone: 0, arrives: [7], told: 'it begins with event 7 of the log' },
    { from: 90, gone: 6, arrives: [7], told: 'event 7 of the log, and not with 90: the log has not come' },
  ])('begins with the event $from of a log that has lost $gone', async ({ from, gone, arrives, told }) => {
    await meets(from, gone);
    await bench.app.publish('x', 7);
    await bench.done('reader', arrives.length);
    expect(numbers()).toEqual(arrives);
    expect(said().join()).toContain(told);
  });

  it('begins there also when it is added while the application runs, and never begins again', async () => {
    await meets('now');
    const late = bench.endpoint('late', { from: 'oldest' });
    const told = await bench.app.broadcaster.reconfigure({ endpoints: [reader(), late] });
    expect(told).toMatchObject({ added: ['late'], resumed: [] });
    await bench.done('late', 6);
    const again = await bench.app.broadcaster.reconfigure({
      endpoints: [reader(), bench.endpoint('late', { from: 3 })],
    });
    expect(again).toMatchObject({ unchanged: ['reader', 'late'], changed: [] });
    await bench.app.start([reader()]);
    await bench.app.start([reader(), late]);
    await bench.app.publish('x', 7);
    await bench.done('late', 7);
    await waitFor(() => numbers().length === 8);
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 7]);
  });
});
