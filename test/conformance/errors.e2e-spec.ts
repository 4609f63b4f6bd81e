import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryProcess } from '../support/registry-process.js';
import { fresh, onWire } from './wire.js';

const DIGEST = fresh().digest;
const ID = '00000000-0000-4000-8000-000000000000';

/** The routes of OCI distribution-spec, "Endpoints", and what each of them takes. */
const ROUTES: readonly (readonly [path: string, methods: readonly string[]])[] = [
  ['/v2/', ['GET', 'HEAD']],
  ['/v2/_catalog', ['GET', 'HEAD']],
  ['/v2/_oci/ext/discover', ['GET', 'HEAD']],
  ['/v2/a/b/_oci/ext/discover', ['GET', 'HEAD']],
  [`/v2/a/b/blobs/${DIGEST}`, ['DELETE', 'GET', 'HEAD']],
  ['/v2/a/b/blobs/uploads/', ['POST']],
  [`/v2/a/b/blobs/uploads/${ID}`, ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT']],
  ['/v2/a/b/manifests/latest', ['DELETE', 'GET', 'HEAD', 'PUT']],
  [`/v2/a/b/manifests/${DIGEST}`, ['DELETE', 'GET', 'HEAD', 'PUT']],
  ['/v2/a/b/tags/list', ['GET', 'HEAD']],
  [`/v2/a/b/referrers/${DIGEST}`, ['GET', 'HEAD']],
];
const METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT', 'TRACE', 'PROPFIND'];

/** OCI distribution-spec, "Error Codes". */
describe('errors', () => {
  let registry: RegistryProcess;

  beforeAll(async () => {
    const headers = { 'Access-Control-Allow-Origin': ['http://ui.test'] };
    registry = await new RegistryProcess({ http: { headers } }).start();
  });

  afterAll(() => registry.dispose());

  it.each(ROUTES)(
    'of %s are 405 with Allow for methods that it does not have, and never for those it has',
    async (path, methods) => {
      for (const method of METHODS) {
        const answer = await onWire(registry.url + path, { method });
        if (methods.includes(method)) {
          expect(answer.status).not.toBe(405);
          continue;
        }
        expect([method, answer.status]).toEqual([method, 405]);
        expect(answer.headers.allow).toBe(methods.join(', '));
        if (method !== 'HEAD')
          expect(JSON.parse(answer.body.toString())).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
      }
    },
  );

  it('of a name are NAME_INVALID, however long it is', async () => {
    for (const parts of [128, 500, 5_000]) {
      const answer = await onWire(`${registry.url}/v2/${'a/'.repeat(parts)}a/tags/list`, { method: 'GET' });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] });
    }
  });

  it('never come of OPTIONS, which says what a path takes, so that browsers may go by http.headers', async () => {
    for (const [path, methods] of ROUTES) {
      const answer = await onWire(registry.url + path, {
        method: 'OPTIONS',
        headers: { Origin: 'http://ui.test' },
      });
      expect([answer.status, answer.body.length]).toEqual([200, 0]);
      expect(answer.headers.allow).toBe(methods.join(', '));
      expect(answer.headers['access-control-allow-origin']).toBe('http://ui.test');
    }
    expect((await onWire(`${registry.url}/v2/nothing`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a method that nobody knows', 'FOO /v2/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    [
      'two lengths',
      'PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    ['headers without end', `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    [
      'a path that cannot be decoded',
      'GET /v2/%zz/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      400,
    ],
  ])(
    'of %s are in the specification’s shape too, with the headers of every answer',
    async (_what, request, status) => {
      const answer = await textOf(new URL(registry.url).port, request);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head.split('\r\n')).toEqual(
        expect.arrayContaining([
          expect.stringMatching(`^HTTP/1.1 ${status} `),
          'Docker-Distribution-Api-Version: registry/2.0',
          'Access-Control-Allow-Origin: http://ui.test',
          'Content-Type: application/json',
          `Content-Length: ${Buffer.byteLength(body)}`,
        ]),
      );
      expect(JSON.parse(body)).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] });
    },
  );

  it.each([
    ['GET', '/v2/nothing', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/b/c', 404, 'UNSUPPORTED'],
    ['GET', '/v2/_unknown', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/manifests/', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/b/manifests/', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/tags/list//', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/b/tags/list//', 404, 'UNSUPPORTED'],
    ['GET', '/v2//', 404, 'UNSUPPORTED'],
    ['GET', '/v2/Upper/manifests/latest', 400, 'NAME_INVALID'],
    ['GET', '/v2/a/_b/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
    ['POST', '/v2/a__/blobs/uploads/', 400, 'NAME_INVALID'],
    ['GET', '/v2/a/manifests/.hidden', 400, 'MANIFEST_INVALID'],
    ['GET', `/v2/a/manifests/${'t'.repeat(129)}`, 400, 'MANIFEST_INVALID'],
    ['GET', '/v2/a/manifests/sha256:short', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/a/manifests/sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a/blobs/latest', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a/referrers/latest', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/a/manifests/${DIGEST}`, 404, 'MANIFEST_UNKNOWN'],
    ['GET', `/v2/a/blobs/${DIGEST}`, 404, 'BLOB_UNKNOWN'],
    ['GET', '/v2/a/tags/list', 404, 'NAME_UNKNOWN'],
    ['GET', `/v2/a/blobs/uploads/${ID}`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['GET', '/v2/a/blobs/uploads/not-an-id', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', `/v2/a/blobs/uploads/${ID}`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PUT', `/v2/a/blobs/uploads/${ID}?digest=${DIGEST}`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['DELETE', `/v2/a/blobs/uploads/${ID}`, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['PUT', '/v2/a/manifests/latest', 400, 'MANIFEST_INVALID'],
    ['DELETE', '/v2/a/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
    ['DELETE', `/v2/a/blobs/${DIGEST}`, 404, 'BLOB_UNKNOWN'],
    ['GET', '/v2/%zz/manifests/latest', 400, 'UNSUPPORTED'],
    ['GET', '/v2/..%2f..%2fetc/manifests/latest', 400, 'NAME_INVALID'],
  ])('%s %s is answered with %i %s in the specification’s shape', async (method, path, status, code) => {
    const answer = await onWire(registry.url + path, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    const { errors } = JSON.parse(answer.body.toString()) as { errors: Record<string, unknown>[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code, message: expect.stringMatching(/./) as unknown });
    expect(
      Object.keys(errors[0] ?? {}).filter((key) => !['code', 'message', 'detail'].includes(key)),
    ).toEqual([]);
    if (method !== 'GET') return;
    const head = await onWire(registry.url + path, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([status, 0]);
  });
});

/** Everything that comes back until the registry ends the connection. */
async function textOf(port: string, request: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(request);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return answer;
}
