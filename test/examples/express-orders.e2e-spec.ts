import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../examples/express-orders/src/create-app.js';
import { freePort } from '../support/registry-process.js';

interface Invoice {
  readonly order_id: string;
  readonly amount_cents: number;
}

const KEY = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

describe('the sample application on Express', () => {
  let directory: string;
  let port: number;
  let app: NestExpressApplication | undefined;

  const start = async (billingPort = port) => {
    const settings = {
      databasePath: join(directory, 'orders.db'),
      billingUrl: `http://127.0.0.1:${billingPort}/hooks/orders`,
      webhookKey: KEY,
    };
    app = await createApp(settings, false);
    await app.listen(port, '127.0.0.1');
  };
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const place = async (customer: string, amountCents: number) => {
    const answer = await post('orders', { customer, amountCents });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  };
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).json();
  const invoiced = async () => ((await get('invoices')) as Invoice[]).map(({ order_id }) => order_id);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'herald-orders-'));
    port = await freePort();
  });

  afterEach(async () => {
    await app?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('writes an invoice for every order by its own signed webhook, and tells its handlers', async () => {
    await start();
    const placed = [await place('ada', 100), await place('ada', 200), await place('bob', 300)];
    await expect.poll(invoiced).toHaveLength(3);
    expect((await invoiced()).toSorted()).toEqual(placed.toSorted());
    await expect
      .poll(() => get('health'))
      .toMatchObject({
        details: {
          notifications: {
            endpoints: {
              billing: { Successes: 3, Pending: 0, Failures: 0 },
              confirmations: { Successes: 3, Pending: 0 },
            },
          },
        },
      });
  });

  it('sends after a restart what billing did not get, in order, and each once', async () => {
    await start(await freePort());
    const placed = [await place('ada', 100), await place('ada', 200)];
    await app?.close();
    await start();
    await expect.poll(invoiced, { timeout: 10_000 }).toEqual(placed);
    await place('ada', 300);
    await expect.poll(invoiced).toHaveLength(3);
  });

  it('takes no order without its event, and no webhook that nobody signed', async () => {
    await start();
    expect((await post('orders', { customer: '', amountCents: 'many' })).status).toBe(400);
    const forged = { id: 'x', data: { orderId: 'x', customer: 'x', amountCents: 1 } };
    expect((await post('hooks/orders', forged)).status).toBe(403);
    expect(await invoiced()).toEqual([]);
    expect(await get('health')).toMatchObject({
      details: { notifications: { endpoints: { billing: { Events: 0 } } } },
    });
  });
});
