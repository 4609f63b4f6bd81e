import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawServer } from '../../test/raw-server.js';
import { accept, answer, Receiver } from '../../test/receiver.js';
import { TEST_AUTHORITY, TEST_CERTIFICATE } from '../../test/test-certificate.js';
import { waitFor } from '../../test/wait-for.js';
import type { AttemptResult } from '../delivery/attempt.js';
import { SystemClock } from '../delivery/clock.js';
import type { WebhookOptions } from '../notifications.options.js';
import { endpointSettings } from '../sinks/endpoint-settings.js';
import { SystemHostResolver } from './addresses/host-resolver.js';
import { type EndpointClient, EndpointClients } from './endpoint-client.js';
import { deliveryHttp } from './delivery-http.js';

const EVENTS_V1 = 'application/vnd.docker.distribution.events.v1+json';
const ENCODED = { contentType: EVENTS_V1, headers: { 'x-format': 'yes' }, body: '{"events":[]}' };
const NUMBERING = { log: 'the-log', eventIds: ['the-event'], sequences: [41] };

describe('EndpointClient', () => {
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
  const only = () => {
    expect(receiver.requests).toHaveLength(1);
    return receiver.requests[0] ?? expect.fail('no request');
  };
  const lines = (name: string) =>
    only().rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);

  beforeEach(async () => {
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await receiver.stop();
  });

  it('posts the body byte for byte, with its type, its numbers and who it is from', async () => {
    await expect(post({ url: `${receiver.url}/a%20b?c=d%26` })).resolves.toEqual({
      kind: 'answered',
      status: 200,
      text: '',
    });
    const { method, path, headers, body } = only();
    expect(method).toBe('POST');
    expect(path).toBe('/hook/a%20b?c=d%26');
    expect(body).toBe(ENCODED.body);
    expect(headers).toMatchObject({
      'content-type': EVENTS_V1,
      'content-length': '13',
      'user-agent': 'Herald/test',
      'herald-log': 'the-log',
      'herald-sequence': '41',
      'x-format': 'yes',
    });
  });

  it('keeps white space of the body, and characters beyond ASCII', async () => {
    const body = '  {"events": [\n   "ü✓"\n]}\n';
    await client().post({ ...ENCODED, contentType: 'application/json', body }, NUMBERING);
    expect(only().body).toBe(body);
  });

  it('sends configured headers, a list of values as that many lines', async () => {
    await post({ headers: { 'X-Token': ['one', 'two'], Authorization: ['Bearer secret'] } });
    expect(lines('x-token')).toEqual(['one', 'two']);
    expect(lines('authorization')).toEqual(['Bearer secret']);
  });

  it('lets a configured Content-Type and User-Agent take the place of its own, in any spelling', async () => {
    await post({ headers: { 'CONTENT-TYPE': ['application/json'], 'user-agent': ['mine'] } });
    expect(lines('content-type')).toEqual(['application/json']);
    expect(lines('user-agent')).toEqual(['mine']);
  });

  it('lets nobody configure the host, the framing or the numbers', async () => {
    await post({
      headers: {
        Host: ['evil.example'],
        'Content-Length': ['3'],
        'transfer-encoding': ['chunked'],
        'Herald-Sequence': ['1'],
      },
    });
    expect(only().headers).toMatchObject({ host: `127.0.0.1:${receiver.port}`, 'content-length': '13' });
    expect(lines('herald-sequence')).toEqual(['41']);
    expect(only().headers['transfer-encoding']).toBeUndefined();
  });

  it('sends the user information of the URL as Basic authentication, unless an Authorization is configured', async () => {
    const url = receiver.url.replace('http://', 'http://us%40er:p%C3%A4ss@');
    await post({ url });
    expect(lines('authorization')).toEqual([`Basic ${Buffer.from('us@er:päss').toString('base64')}`]);
    receiver.requests.length = 0;
    await post({ url, headers: { authorization: ['Bearer token'] } });
    expect(lines('authorization')).toEqual(['Bearer token']);
  });

  it('uses a connection again', async () => {
    const one = client();
    for (let n = 0; n < 5; n += 1) await one.post(ENCODED, NUMBERING);
    expect(receiver.connections).toBe(1);
  });

  it('tells a kept connection that the endpoint closed from an endpoint that fails', async () => {
    const one = client();
    await one.post(ENCODED, NUMBERING);
    receiver.behaviour = (_request, _response, socket) => socket.destroy();
    const lost = { kind: 'unanswered', fault: 'connect', sent: true };
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual({ ...lost, stale: true });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual({ ...lost, stale: false });
  });

  it('gives any other status as it is, with the first bytes of the answer', async () => {
    receiver.behaviour = answer(400, {}, 'no such thing');
    await expect(post()).resolves.toEqual({ kind: 'answered', status: 400, text: 'no such thing' });
  });

  it('gives a Retry-After', async () => {
    receiver.behaviour = answer(503, { 'Retry-After': '7' });
    await expect(post()).resolves.toMatchObject({ status: 503, retryAfter: '7' });
  });

  it('gives the first Retry-After of an endpoint that says it twice', async () => {
    receiver.behaviour = (_request, response) => response.writeHead(503, { 'Retry-After': ['7', '9'] }).end();
    await expect(post()).resolves.toMatchObject({ status: 503, retryAfter: '7' });
  });

  it.each([301, 302, 303, 307, 308])(
    'does not follow a %i, and shows its secrets to no other host',
    async (status) => {
      const other = await Receiver.start();
      receiver.behaviour = answer(status, { Location: other.url });
      await expect(post({ headers: { Authorization: ['Bearer secret'] } })).resolves.toMatchObject({
        status,
      });
      expect(other.requests).toEqual([]);
      await other.stop();
    },
  );

  it('ignores a proxy that the environment names', async () => {
    const { HTTP_PROXY: before } = process.env;
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    try {
      await expect(post()).resolves.toMatchObject({ status: 200 });
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
  });

  it('takes a connection that the endpoint closes as no answer, to a request that was sent', async () => {
    receiver.behaviour = (_request, _response, socket) => socket.destroy();
    await expect(post()).resolves.toEqual({ kind: 'unanswered', fault: 'connect', sent: true, stale: false });
    expect(receiver.requests).toHaveLength(1);
  });

  it('tells a port where nobody listens: nothing was sent', async () => {
    const { url } = receiver;
    await receiver.stop();
    await expect(post({ url })).resolves.toEqual({
      kind: 'unanswered',
      fault: 'connect',
      sent: false,
      stale: false,
    });
    receiver = await Receiver.start();
  });

  it('tells a host that has no address', async () => {
    const url = 'http://no-such-host.invalid/hook';
    await expect(post({ url })).resolves.toEqual({
      kind: 'unanswered',
      fault: 'dns',
      sent: false,
      stale: false,
    });
  });

  it('trusts no certificate of an authority that it does not know, and sends such a server nothing', async () => {
    const secure = await Receiver.start(accept, { tls: TEST_CERTIFICATE });
    const url = secure.url.replace('http:', 'https:');
    await expect(post({ url })).resolves.toEqual({
      kind: 'unanswered',
      fault: 'tls',
      sent: false,
      stale: false,
    });
    expect(secure.requests).toEqual([]);
    await secure.stop();
  });

  it('delivers to the same server when its authority is configured', async () => {
    const secure = await Receiver.start(accept, { tls: TEST_CERTIFICATE });
    const url = secure.url.replace('http:', 'https:');
    await expect(post({ url, tls: { ca: TEST_AUTHORITY } })).resolves.toMatchObject({ status: 200 });
    expect(secure.requests).toHaveLength(1);
    await secure.stop();
  });

  it('does not unpack what an endpoint packed', async () => {
    receiver.behaviour = answer(200, { 'Content-Encoding': 'gzip' }, 'not gzip at all');
    await expect(post()).resolves.toMatchObject({ status: 200, text: 'not gzip at all' });
  });

  describe('what is kept of an answer', () => {
    const TOKEN = 'tok-0123456789';
    const keptOf = async (body: string, options: Partial<WebhookOptions> = {}) => {
      receiver.behaviour = answer(400, {}, body);
      const result = await post({ headers: { 'X-Token': [TOKEN] }, ...options });
      return result.kind === 'answered' ? result.text : expect.fail(result.kind);
    };
    const at = (url: string): Partial<WebhookOptions> => ({
      url: receiver.url.replace('http://', 'http://jane%40x:p%40ss%C3%B6@').replace('/hook', url),
    });

    it.each<[string, string, Partial<WebhookOptions>, string]>([
      ['a header', `${TOKEN} is unknown`, {}, '[redacted] is unknown'],
      [
        'the credentials of a header without their scheme',
        'no such token: abcdef',
        { headers: { Authorization: ['Bearer abcdef'] } },
        'no such token: [redacted]',
      ],
      [
        'the password of a Basic header',
        'wrong password s3cret for jane-doe',
        { headers: { Authorization: [`Basic ${Buffer.from('jane-doe:s3cret').toString('base64')}`] } },
        'wrong password [redacted] for [redacted]',
      ],
      [
        'a header within JSON that escapes slashes',
        '{"got":"a\\/b\\/c"}',
        { headers: { 'X-Token': ['a/b/c'] } },
        '{"got":"[redacted]"}',
      ],
      [
        'the longer of two secrets that begin alike',
        'abcdefgh',
        { headers: { 'X-A': ['abcd'], 'X-B': ['abcdefgh'] } },
        '[redacted]',
      ],
    ])('has %s blackened', async (_what, body, options, expected) => {
      await expect(keptOf(body, options)).resolves.toBe(expected);
    });

    it.each([
      [
        'the path and the query',
        '/hook/s3cret-path?key=s3cret',
        'POST /hook/s3cret-path?key=s3cret',
        'POST [redacted]',
      ],
      [
        'the path alone',
        '/hook/s3cret-path?key=s3cret',
        'Cannot POST /hook/s3cret-path',
        'Cannot POST [redacted]',
      ],
      ['the end of the path', '/hook/s3cret-path', 'no hook s3cret-path here', 'no hook [redacted] here'],
      ['a value of the query', '/hook?key=s3cret', 'no key s3cret', 'no key [redacted]'],
      ['a value of the query as it is meant', '/hook?key=a%26b%20c', 'no key a&b c', 'no key [redacted]'],
      ['the user and the password', '/hook', 'jane@x has not p@ssö', '[redacted] has not [redacted]'],
    ])('has %s of the URL blackened', async (_what, url, body, expected) => {
      await expect(keptOf(body, at(url))).resolves.toBe(expected);
    });

    it('ends before a secret that its own end cuts', async () => {
      const text = await keptOf(`${'x'.repeat(1_024 - 8)}${TOKEN} is unknown`);
      expect(text).toBe(`${'x'.repeat(1_024 - 8)}[redacted]`);
    });

    it('ends before a secret within which the connection was lost, however short it is', async () => {
      receiver.behaviour = (_request, response) => {
        response.writeHead(400, { 'Content-Length': '100' });
        response.write(`no such token: ${TOKEN.slice(0, 8)}`, () => response.destroy());
      };
      await expect(post({ headers: { 'X-Token': [TOKEN] } })).resolves.toMatchObject({
        status: 400,
        cut: 'lost',
        text: 'no such token: [redacted]',
      });
      await expect(keptOf('no such token: tok-0123')).resolves.toBe('no such token: tok-0123');
    });

    it('is as it came where there is no secret in it', async () => {
      const body = 'y'.repeat(1_021);
      await expect(keptOf(`${body}tok and no more`)).resolves.toBe(`${body}tok`);
    });
  });

  it('takes what is not HTTP as no answer', async () => {
    const { server, url } = await rawServer('SSH-2.0-OpenSSH\r\n\r\n', '');
    await expect(post({ url })).resolves.toMatchObject({ kind: 'unanswered', fault: 'connect' });
    server.close();
  });

  it('abandons what is under way when it is closed, and sends nothing afterwards', async () => {
    receiver.behaviour = () => undefined;
    const one = client({ timeoutMs: 60_000 });
    const result = one.post(ENCODED, NUMBERING);
    await waitFor(() => receiver.requests.length === 1);
    one.close();
    one.close();
    await expect(result).resolves.toEqual({ kind: 'abandoned' });
    await expect(one.post(ENCODED, NUMBERING)).resolves.toEqual({ kind: 'abandoned' });
    expect(receiver.requests).toHaveLength(1);
  });
});
