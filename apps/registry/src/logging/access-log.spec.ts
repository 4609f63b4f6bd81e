import { once } from 'node:events';
import { connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LogSettings } from '../config/registry-config.js';
import { accessLogOf } from './access-log.js';

/** A loaded machine needs longer than the second that is waited otherwise. */
const SOON = { timeout: 10_000 };

const SETTINGS: LogSettings = { level: 'info', formatter: 'text', fields: {}, accessLog: true };

describe('the access log', () => {
  let app: FastifyInstance | undefined;
  let written: string;

  afterEach(() => app?.close());

  async function serve(settings: Partial<LogSettings>): Promise<string> {
    written = '';
    app = fastify({ genReqId: () => 'the-id' });
    const output = { write: (text: string) => void (written += text) };
    accessLogOf({ ...SETTINGS, ...settings }, ({ url }) => url !== '/health', output)?.observe(app);
    // As the registry does: headers that are set one by one can be asked for later.
    app.addHook('onRequest', (_request, { raw }, done) => {
      raw.setHeader('X-Content-Type-Options', 'nosniff');
      done();
    });
    app.get('/v2/*', (_request, reply) => reply.code(200).send('hello'));
    app.get('/health', (_request, reply) => reply.send('ok'));
    return app.listen({ host: '127.0.0.1', port: 0 });
  }

  it('writes Apache’s combined format, with the request’s id behind it', async () => {
    const url = await serve({});
    await fetch(`${url}/v2/team/app/tags/list`, { headers: { 'User-Agent': 'docker/28' } });
    await vi.waitFor(
      () =>
        expect(written).toMatch(
          /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/v2\/team\/app\/tags\/list HTTP\/1\.1" 200 5 "" "docker\/28" "the-id"\n$/,
        ),
      SOON,
    );
  });

  it('writes records where every line is to be one, whatever the level', async () => {
    const url = await serve({ formatter: 'json', level: 'error', fields: { service: 'registry' } });
    await fetch(`${url}/v2/x`, { headers: { 'User-Agent': 'docker/28' } });
    await vi.waitFor(
      () =>
        expect(JSON.parse(written)).toMatchObject({
          msg: 'response completed',
          service: 'registry',
          'http.request.id': 'the-id',
          'http.request.method': 'GET',
          'http.request.uri': '/v2/x',
          'http.request.useragent': 'docker/28',
          'http.response.status': 200,
          'http.response.written': 5,
        }),
      SOON,
    );
  });

  it.each(['text', 'json', 'logstash'] as const)(
    'has nothing of a query or of user information in it (%s)',
    async (formatter) => {
      const url = await serve({ formatter });
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.end(
        'GET http://hidden:hidden@registry/v2/x?_state=hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' +
          'Referer: https://hidden:hidden@site/page?token=hidden\r\nAuthorization: Bearer hidden\r\nCookie: hidden\r\n\r\n',
      );
      socket.resume();
      await once(socket, 'close');
      await vi.waitFor(() => expect(written).toContain('/v2/x'), SOON);
      expect(written).not.toContain('hidden');
    },
  );

  it('is one line, whatever a client sends', async () => {
    const url = await serve({});
    await fetch(`${url}/v2/x`, { headers: { 'User-Agent': 'a"\\ \u00e9 "b' } });
    await vi.waitFor(() => expect(written).toContain(String.raw`"a\x22\x5c \xe9 \x22b" "the-id"`), SOON);
    expect(written.split('\n')).toHaveLength(2);
  });

  it('leaves out the requests that are not to be logged', async () => {
    const url = await serve({});
    await fetch(`${url}/health`);
    await fetch(`${url}/v2/x`);
    await vi.waitFor(() => expect(written).toContain('/v2/x'), SOON);
    expect(written).not.toContain('/health');
  });

  it('is not kept when it is disabled', () => {
    expect(accessLogOf({ ...SETTINGS, accessLog: false }, () => true)).toBeUndefined();
  });
});
