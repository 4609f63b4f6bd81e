import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../delivery/clock.js';
import { RequestSigner } from './request-signer.js';
import { parseSigningKey } from './signing-key.js';
import { verifyWebhook } from './verify-webhook.js';

const secret = () => `whsec_${randomBytes(32).toString('base64')}`;
const PRIVATE_KEY = `whsk_${randomBytes(32).toString('base64')}`;
const BODY = '{"events":[{"id":"ü✓"}]}';

describe('the official library of Standard Webhooks', () => {
  it('believes what Herald signs, among other signatures too', () => {
    const [first, second] = [secret(), secret()];
    const signer = new RequestSigner([PRIVATE_KEY, first, second].map(parseSigningKey), new SystemClock());
    const headers = { ...signer.headersFor(['one', 'two'], Buffer.from(BODY)) };
    expect(new Webhook(first).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(new Webhook(second).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(secret()).verify(BODY, headers)).toThrow(/signature/);
  });

  it('signs what Herald believes', () => {
    const key = secret();
    const now = new Date();
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(key).sign('msg_1', now, BODY),
    };
    expect(verifyWebhook({ headers, body: BODY, keys: [key], now })).toMatchObject({ ok: true, id: 'msg_1' });
  });
});
