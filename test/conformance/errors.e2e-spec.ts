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
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE', 'PROPFIND'];

/** OCI distribution-spec, "Error Codes". */
describe('errors', () => {
  let registry: RegistryProcess;

  beforeAll(async () => {
    registry = await new RegistryProcess().start();
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

  it.each([
    ['GET', '/v2/nothing', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/b/c', 404, 'UNSUPPORTED'],
    ['GET', '/v2/_unknown', 404, 'UNSUPPORTED'],
    ['GET', '/v2/a/manifests/', 404, 'UNSUPPORTED'],
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
