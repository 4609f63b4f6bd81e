import type { FastifyInstance, FastifyRequest } from 'fastify';
import { wireOf } from './registry-error.js';
import { writeError } from './oci-error.filter.js';

/** The one route whose parameter would take the word of another route, which has fewer methods: it is never a digest. */
const BLOB_ROUTE = '/v2/:name/blobs/:digest';
const UPLOADS = /\/blobs\/uploads\/?(?:\?|$)/;

/**
 * Tells a path that exists from a method that it does not have: 405 with `Allow`, RFC 9110 §15.5.6, where the router knows only 404.
 * OPTIONS asks for just that, and is answered 200 as by upstream: a browser asks so before it lets a page of another origin call, and
 * goes by the headers in `http.headers`. What exists is learned from the routes themselves. It holds for the distribution API; other
 * addresses tell strangers nothing.
 */
export function refuseUnknownMethods(fastify: FastifyInstance): void {
  const methodsByRoute = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByRoute.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsByRoute.set(url, methods);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const allowed = isMisrouted(request) ? allowedMethods(methodsByRoute, request.url) : [];
    if (allowed.length === 0) {
      done();
      return;
    }
    reply.hijack();
    reply.raw.setHeader('Allow', allowed.join(', '));
    if (request.method === 'OPTIONS') {
      reply.raw.writeHead(200, { 'Content-Length': 0 }).end();
      return;
    }
    const message = 'the operation is unsupported: this path has other methods';
    writeError(reply.raw, { ...wireOf('UNSUPPORTED'), message }, request.method === 'HEAD');
  });
}

function isMisrouted({ is404, routeOptions, url }: FastifyRequest): boolean {
  return is404 || (routeOptions.url === BLOB_ROUTE && UPLOADS.test(url));
}

/** The methods of the route that a path belongs to: of several the one with the most words of its own. */
function allowedMethods(
  methodsByRoute: ReadonlyMap<string, ReadonlySet<string>>,
  url: string,
): readonly string[] {
  const parts = partsOf(url.split('?', 1)[0] ?? '');
  if (parts[0] !== 'v2') return [];
  const [route] = [...methodsByRoute.keys()]
    .filter((candidate) => matches(partsOf(candidate), parts))
    .toSorted((one, other) => one.split(':').length - other.split(':').length);
  return route === undefined ? [] : [...(methodsByRoute.get(route) ?? [])].toSorted();
}

/** A slash at the end is no part; an empty part between two of them is one, which no route has. */
function partsOf(path: string): readonly string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function matches(route: readonly string[], parts: readonly string[]): boolean {
  return (
    route.length === parts.length &&
    route.every((part, index) => part === parts[index] || (part.startsWith(':') && parts[index] !== ''))
  );
}
