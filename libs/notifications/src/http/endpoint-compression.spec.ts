import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { useClients } from '../../test/endpoint-client-bench.js';
import { answer, accept, type Behaviour } from '../../test/receiver.js';
import { verifyWebhook } from '../signing/verify-webhook.js';

const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [1] };
const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const long = {
  contentType: 'application/json',
  headers: {},
  body: JSON.stringify({ events: Array(200).fill('ü event') }),
};
const short = { ...long, body: '{"events":[]}' };
/** Nothing that packing makes smaller. */
const noise = {
  ...long,
  body: Array.from({ length: 1_100 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7_919) % 20_000))).join(
    '',
  ),
};

const refusePacked: Behaviour = (request, response, socket) =>
  request.headers['content-encoding'] === undefined
    ? accept(request, response, socket)
    : answer(415, { 'Accept-Encoding': 'identity' })(request, response, socket);

describe('the bodies that an endpoint gets', () => {
  const bench = useClients();
  const sent = () => bench.receiver.requests.map(({ headers }) => headers['content-encoding'] ?? 'as it is');

  it('are packed when that is configured and worth it', async () => {
    const one = bench.client({ compression: 'gzip' });
    for (const encoded of [long, short]) await one.post(encoded, NUMBERING);
    expect(sent()).toEqual(['gzip', 'as it is']);
    const [packed, plain] = bench.receiver.requests;
    expect(gunzipSync(packed?.bytes ?? Buffer.of()).toString()).toBe(long.body);
    expect(Number(packed?.headers['content-length'])).toBe(packed?.bytes.length);
    expect(packed?.bytes.length).toBeLessThan(Buffer.byteLength(long.body) / 5);
    expect(plain?.body).toBe(short.body);
  });

  it('are never larger than they would be', async () => {
    const one = bench.client({ compression: 'gzip' });
    await one.post(noise, NUMBERING);
    const bytes = bench.receiver.requests[0]?.bytes.length ?? Infinity;
    expect(bytes).toBeLessThanOrEqual(Buffer.byteLength(noise.body));
  });

  it('are not packed unless it is configured, whatever a configured header says', async () => {
    await bench.client({ headers: { 'Content-Encoding': ['gzip'] } }).post(long, NUMBERING);
    expect(sent()).toEqual(['as it is']);
  });

  it('are signed as they are before they are packed', async () => {
    await bench.client({ compression: 'gzip', signing: { keys: [KEY] } }).post(long, NUMBERING);
    const [{ headers, bytes } = expect.fail('no request')] = bench.receiver.requests;
    expect(verifyWebhook({ headers, body: gunzipSync(bytes), keys: [KEY] }).ok).toBe(true);
    expect(verifyWebhook({ headers, body: bytes, keys: [KEY] }).ok).toBe(false);
  });

  it('are sent as they are from the first 415 on, the refused one at once', async () => {
    bench.receiver.behaviour = refusePacked;
    const one = bench.client({ compression: 'gzip' });
    for (let n = 0; n < 2; n += 1)
      await expect(one.post(long, NUMBERING)).resolves.toMatchObject({ status: 200 });
    expect(sent()).toEqual(['gzip', 'as it is', 'as it is']);
  });

  it('get the 415 of an endpoint that means something else by it', async () => {
    bench.receiver.behaviour = answer(415);
    await expect(bench.client({ compression: 'gzip' }).post(long, NUMBERING)).resolves.toMatchObject({
      status: 415,
    });
  });
});
