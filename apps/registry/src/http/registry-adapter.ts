import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerMalformed } from './malformed-requests.js';
import { answerOf, writeError } from './oci-error.filter.js';
import { rewriteUrl } from './repository-route.js';
import { refuseUnknownMethods } from './route-methods.js';
import type { RequestContexts } from './request-context.js';
import { KEEP_ALIVE_MS, type AddressName, type ServerAddresses } from './server-addresses.js';

/** What the adapter has to know of the configuration. */
export interface AdapterOptions {
  readonly prefix: string;
  /** Sent with every answer: `http.headers`. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Where the debug address serves metrics, if it does. */
  readonly metricsPath: string | undefined;
  readonly observers: readonly RequestObserver[];
}

/** Whoever watches requests go by: counts them, logs them. */
export interface RequestObserver {
  /** Adds its hooks. They come before any other that could end a request. */
  observe(fastify: FastifyInstance): void;
}

/** Header names and values together, in bytes: room for the longest digests, names and tokens. */
const MAX_HEADER_BYTES = 32 * 1024;

/** How long a connection may lie still, in ms: a client that stopped in the middle of an upload must not hold its place for ever. */
const IDLE_MS = 120_000;

/** Routes that only one of the further addresses has. */
const OTHER_ROUTES: readonly (readonly [prefix: string, address: AddressName])[] = [
  ['/debug/', 'debug'],
  ['/admin/', 'admin'],
  ['/openapi.json', 'admin'],
];

/**
 * Fastify as a registry needs it: names with slashes, bodies as they come and of any length and type, errors of the framework in the
 * specification's shape, and a context for each request.
 */
export function createRegistryAdapter(
  { prefix, headers, metricsPath, observers }: AdapterOptions,
  contexts: RequestContexts,
  addresses: ServerAddresses,
): FastifyAdapter {
  const common = commonHeaders(headers);
  const adapter = new FastifyAdapter({
    genReqId: () => randomUUID(),
    rewriteUrl: (request: IncomingMessage) => rewriteUrl(request.url ?? '/', prefix),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_HEADER_BYTES },
    exposeHeadRoutes: false,
    connectionTimeout: IDLE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: 0,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    forceCloseConnections: 'idle',
    clientErrorHandler: answerMalformed(common),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      for (const [name, values] of common) reply.raw.setHeader(name, values);
      writeError(
        reply.raw,
        { ...answerOf(error), status: 400, code: 'UNSUPPORTED', message: 'the URL is malformed' },
        request.method === 'HEAD',
      );
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  acceptAnyBody(fastify);
  addContext(fastify, contexts);
  for (const observer of observers) observer.observe(fastify);
  addCommonHeaders(fastify, common);
  keepAddressesApart(fastify, addresses, metricsPath);
  refuseUnknownMethods(fastify);
  letOnlyClientsBeIdle(fastify);
  return adapter;
}

/** Bodies stay streams: handlers read them raw. A missing or malformed type is the handler's business, not a 415 of the framework. */
function acceptAnyBody(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
}

function addContext(fastify: FastifyInstance, contexts: RequestContexts): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    const contentType = raw.headers['content-type'];
    if (contentType !== undefined) raw.headers['content-type'] = 'application/octet-stream';
    contexts.run({ id: request.id, raw, contentType, startedMs: performance.now() }, done);
  });
}

type Headers = readonly (readonly [name: string, values: string | readonly string[]])[];

/** What every answer carries, whatever became of its request. */
function commonHeaders(configured: AdapterOptions['headers']): Headers {
  return [
    ['Docker-Distribution-Api-Version', 'registry/2.0'],
    ['X-Content-Type-Options', 'nosniff'],
    ...Object.entries(configured),
  ];
}

function addCommonHeaders(fastify: FastifyInstance, headers: Headers): void {
  fastify.addHook('onRequest', (_request, { raw }, done) => {
    for (const [name, values] of headers) raw.setHeader(name, values);
    // While the server closes, each answer is the last of its connection.
    if (!fastify.server.listening) raw.setHeader('Connection', 'close');
    done();
  });
}

function keepAddressesApart(
  fastify: FastifyInstance,
  addresses: ServerAddresses,
  metricsPath: string | undefined,
): void {
  const addressOfRoute = (route: string): AddressName => {
    if (route === metricsPath) return 'debug';
    return OTHER_ROUTES.find(([prefix]) => route.startsWith(prefix))?.[1] ?? 'registry';
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    if (addresses.addressOf(request.raw) === addressOfRoute(request.routeOptions.url ?? '')) {
      done();
      return;
    }
    reply.hijack();
    writeError(
      reply.raw,
      { status: 404, code: 'UNSUPPORTED', message: 'there is no such route' },
      request.method === 'HEAD',
    );
  });
}

/**
 * A connection is idle for two reasons: its client does nothing, or waits for the registry, which may have a large blob to hash or to
 * sync before it can answer. Only the first is cut off after {@link IDLE_MS}.
 */
function letOnlyClientsBeIdle(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: request }, { raw: response }, done) => {
    response.on('timeout', (socket: Socket) => {
      if (!request.complete || response.headersSent) socket.destroy();
    });
    done();
  });
}
