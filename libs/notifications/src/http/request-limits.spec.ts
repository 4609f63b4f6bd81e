import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawServer } from '../../test/raw-server.js';
import { accept, Receiver } from '../../test/receiver.js';
import { TEST_AUTHORITY, TEST_CERTIFICATE } from '../../test/test-certificate.js';
import type { AttemptResult } from '../delivery/attempt.js';
import { SystemClock } from '../delivery/clock.js';
import type { WebhookOptions } from '../notifications.options.js';
import { endpointSettings } from '../sinks/endpoint-settings.js';
import { SystemHostResolver } from './addresses/host-resolver.js';
import { deliveryHttp } from './delivery-http.js';
import { type EndpointClient, EndpointClients } from './endpoint-client.js';

const ENCODED = { contentType: 'application/json', headers: {}, body: '{"events":[]}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [41] };

/** What a loaded machine may need to connect, or to answer at once: whoever fails after it was not merely slow. */
const TIME_TO_CONNECT_MS = 1_000;
const TIME_TO_ANSWER_MS = 300;

describe('the time and the answer of a request', () => {
  let receiver: Receiver;
  const clients: EndpointClient[] = [];

  const client = (options: Partial<WebhookOptions> = {}) => {
    const settings = endpointSettings(
      { name: 'test', url: receiver.url, timeoutMs: 2_000, ...options },
      'Herald/test',
    );
    const made = new EndpointClients(deliveryHttp(), new SystemClock(), new SystemHostResolver()).create(
      settings,
    );
    clients.push(made);
    return made;
  };
  const post = (options: Partial<WebhookOptions> = {}): Promise<AttemptResult> =>
    client(options).post(ENCODED, NUMBERING);
  beforeEach(async () => {
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await receiver.stop();
  });

  it('gives up on an endpoint that does not answer in time', async () => {
    receiver.behaviour = () => undefined;
    await expect(post({ timeoutMs: TIME_TO_CONNECT_MS })).resolves.toEqual({
      kind: 'unanswered',
      fault: 'first-byte-timeout',
      sent: true,
      stale: false,
    });
  });

  it('waits no longer for the first byte than it may, on a new connection and on a kept one', async () => {
    const one = client({ timeoutMs: 60_000, timeouts: { firstByteMs: TIME_TO_ANSWER_MS } });
    receiver.behaviour = () => undefined;
    const overdue = { kind: 'unanswered', fault: 'first-byte-timeout', sent: true, stale: false };
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(overdue);
    receiver.behaviour = accept;
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    receiver.behaviour = () => undefined;
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual(overdue);
    expect(receiver.connections).toBe(2);
  });

  it('knows the first byte over TLS too', async () => {
    const secure = await Receiver.start(accept, { tls: TEST_CERTIFICATE });
    const url = secure.url.replace('http:', 'https:');
    const one = client({
      url,
      tls: { ca: TEST_AUTHORITY },
      timeoutMs: 60_000,
      timeouts: { firstByteMs: TIME_TO_ANSWER_MS },
    });
    secure.behaviour = (_request, response) => {
      response.write('a');
      setTimeout(() => response.end(), TIME_TO_ANSWER_MS * 1.5);
    };
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ status: 200 });
    secure.behaviour = () => undefined;
    await expect(one.post(ENCODED, NUMBERING)).resolves.toMatchObject({ fault: 'first-byte-timeout' });
    await secure.stop();
  });

  it('lets an answer that has begun take the whole time', async () => {
    const { server, url } = await rawServer('HTTP/1.1 200 OK\r\nX-Endless: ', 'x');
    await expect(
      post({ url, timeoutMs: TIME_TO_CONNECT_MS, timeouts: { firstByteMs: TIME_TO_ANSWER_MS } }),
    ).resolves.toMatchObject({
      fault: 'timeout',
      sent: true,
    });
    server.close();
  });

  it('waits no longer for a connection than it may', async () => {
    const { server, url } = await rawServer('', '');
    const secure = url.replace('http:', 'https:');
    await expect(post({ url: secure, timeoutMs: 60_000, timeouts: { connectMs: 50 } })).resolves.toEqual({
      kind: 'unanswered',
      fault: 'connect-timeout',
      sent: false,
      stale: false,
    });
    server.close();
  });

  it('tells an endpoint that makes no connection in time: nothing was sent', async () => {
    // A server that never begins the handshake: the connection is there, and yet nothing can be sent over it.
    const { server, url } = await rawServer('', '');
    const secure = url.replace('http:', 'https:');
    await expect(post({ url: secure, timeoutMs: 50 })).resolves.toMatchObject({
      fault: 'connect-timeout',
      sent: false,
    });
    server.close();
  });

  it('gives up on an endpoint whose headers trickle', async () => {
    const { server, url } = await rawServer('HTTP/1.1 200 OK\r\nX-Endless: ', 'x');
    await expect(post({ url, timeoutMs: TIME_TO_CONNECT_MS })).resolves.toMatchObject({
      kind: 'unanswered',
      fault: 'timeout',
    });
    server.close();
  });

  it('takes the status of an endpoint whose body trickles, and cuts the body at the deadline', async () => {
    const { server, url } = await rawServer('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', 'y');
    await expect(post({ url, timeoutMs: TIME_TO_CONNECT_MS })).resolves.toMatchObject({
      kind: 'answered',
      status: 200,
      cut: 'time',
    });
    server.close();
  });

  it('cuts an endless answer, keeps 1 KiB of it, and takes its status', async () => {
    receiver.behaviour = (_request, response) => {
      response.writeHead(200);
      const pour = () => {
        while (!response.destroyed && response.write('z'.repeat(16_384)));
      };
      response.on('drain', pour);
      pour();
    };
    const result = await post();
    expect(result).toMatchObject({ kind: 'answered', status: 200, cut: 'size' });
    if (result.kind === 'answered') expect(result.text).toBe('z'.repeat(1_024));
  });
});
