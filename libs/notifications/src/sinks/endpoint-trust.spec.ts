import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotificationsApp } from '../../test/notifications-app.js';
import { answer, Receiver } from '../../test/receiver.js';
import { waitFor } from '../../test/wait-for.js';
import { verifyWebhook } from '../signing/verify-webhook.js';

const KEY = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

describe('an endpoint of the module', () => {
  let app: NotificationsApp;
  let receiver: Receiver;

  beforeEach(async () => {
    app = new NotificationsApp();
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await app.remove();
    await receiver.stop();
  });

  it('gets each attempt signed, under one id, for the bytes that it gets', async () => {
    receiver.behaviour = answer(500);
    const endpoint = { name: 'a', url: receiver.url, format: 'cloudevents', backoffMs: 1 } as const;
    await app.start([{ ...endpoint, signing: { keys: [KEY] } }]);
    await app.publish('lane', 1);
    await waitFor(() => receiver.requests.length >= 2);
    const [first, second] = receiver.requests;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    for (const { headers, body } of receiver.requests) {
      expect(verifyWebhook({ headers, body, keys: [KEY] })).toEqual({
        ok: true,
        id: (JSON.parse(body) as { id: string }).id,
        timestamp: expect.any(Date) as Date,
      });
    }
  });

  it('is not reached at an address that is denied to all, and keeps its events', async () => {
    await app.start([{ name: 'a', url: receiver.url, format: 'cloudevents', backoffMs: 1 }], {
      addresses: { deny: ['loopback'] },
    });
    await app.publish('lane', 1);
    await waitFor(() => app.metrics('a').lastError === 'address');
    expect(app.metrics('a')).toMatchObject({ Pending: 1, Successes: 0, deadLetters: 0 });
    expect(receiver.connections).toBe(0);
  });
});
