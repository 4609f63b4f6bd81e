import { describe, expect, it } from 'vitest';
import { useClients } from '../../test/endpoint-client-bench.js';
import { answer, type Behaviour } from '../../test/receiver.js';

const ENCODED = { contentType: 'application/json', headers: {}, body: '{"events":[]}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [1] };
const handshake = { origin: 'registry.example' };
const REFUSED = { kind: 'unanswered', fault: 'handshake', sent: false, stale: false };

/** Answers the question whether it agrees like this, and takes every event. */
function consents(status: number, headers: Record<string, string>): Behaviour {
  return (request, response, socket) =>
    answer(request.method === 'OPTIONS' ? status : 200, headers)(request, response, socket);
}

describe('an endpoint that is asked whether it agrees', () => {
  const bench = useClients();
  const methods = () => bench.receiver.requests.map(({ method }) => method);

  it.each(['registry.example', 'Registry.Example', '*'])(
    'is asked once, before the first event, and agrees by WebHook-Allowed-Origin: %s',
    async (allowed) => {
      bench.receiver.behaviour = consents(200, { Allow: 'POST', 'WebHook-Allowed-Origin': allowed });
      const one = bench.client({ handshake, headers: { Authorization: ['Bearer token'] } });
      expect(one.handshake).toBe('pending');
      const posts = Array.from({ length: 4 }, () => one.post(ENCODED, NUMBERING));
      for (const post of posts) await expect(post).resolves.toMatchObject({ status: 200 });
      await one.post(ENCODED, NUMBERING);
      expect(methods()).toEqual(['OPTIONS', 'POST', 'POST', 'POST', 'POST', 'POST']);
      expect(bench.receiver.requests[0]).toMatchObject({
        path: '/hook',
        body: '',
        headers: { 'webhook-request-origin': 'registry.example', authorization: 'Bearer token' },
      });
      expect(bench.receiver.requests[0]?.headers['content-type']).toBeUndefined();
      expect(one.handshake).toBe('granted');
    },
  );

  it.each([
    ['says nothing of it', 200, {}],
    ['allows another', 200, { 'WebHook-Allowed-Origin': 'other.example' }],
    ['allows none', 200, { 'WebHook-Allowed-Origin': '' }],
    ['fails', 500, { 'WebHook-Allowed-Origin': '*' }],
    ['knows no OPTIONS', 405, {}],
  ])('is sent nothing when it %s, and is asked again at the next attempt', async (_how, status, headers) => {
    bench.receiver.behaviour = consents(status, headers);
    const one = bench.client({ handshake });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(REFUSED);
    expect(methods()).toEqual(['OPTIONS', 'OPTIONS']);
    expect(one.handshake).toBe('refused');
    bench.receiver.behaviour = consents(204, { 'WebHook-Allowed-Origin': '*' });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    expect(one.handshake).toBe('granted');
  });

  it('is left alone as long as it says, and for good when it is gone', async () => {
    bench.receiver.behaviour = consents(429, { 'Retry-After': '7' });
    const one = bench.client({ handshake });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 429, retryAfter: '7' });
    bench.receiver.behaviour = consents(410, {});
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 410 });
    expect(methods()).toEqual(['OPTIONS', 'OPTIONS']);
  });

  it('has its own faults told, when it cannot be asked', async () => {
    bench.receiver.behaviour = (_request, _response, socket) => socket.destroy();
    const one = bench.client({ handshake });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ fault: 'connect' });
    expect(one.handshake).toBe('pending');
  });

  it('is not asked unless that is configured', async () => {
    const one = bench.client();
    await one.post(ENCODED, NUMBERING);
    expect(methods()).toEqual(['POST']);
    expect(one.handshake).toBeUndefined();
  });
});
