import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client';

/** Upstream's names for its routes, by the end of ours. Routes that it does not have are not counted. */
const HANDLERS: readonly (readonly [suffix: string, handler: string])[] = [
  ['/manifests/:reference', 'manifest'],
  ['/blobs/uploads/:id', 'blob_upload_chunk'],
  ['/blobs/uploads', 'blob_upload'],
  ['/blobs/:digest', 'blob'],
  ['/tags/list', 'tags'],
  ['/_catalog', 'catalog'],
  ['/v2', 'base'],
];

/** Upstream's buckets. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];
const SIZE_BUCKETS_BYTES = exponentialBuckets(1_024, 2, 22);

/** `registry_http_*` with upstream's names, labels and buckets: what dashboards of registry:3 already draw. */
export class HttpMetrics {
  readonly #inFlight: Gauge<'handler'>;
  readonly #requests: Counter<'handler' | 'method' | 'code'>;
  readonly #duration: Histogram<'handler' | 'method'>;
  readonly #requestSize: Histogram<'handler'>;
  readonly #responseSize: Histogram<'handler'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#inFlight = new Gauge({
      name: 'registry_http_in_flight_requests',
      help: 'Requests that are being served',
      labelNames: ['handler'],
      registers,
    });
    this.#requests = new Counter({
      name: 'registry_http_requests_total',
      help: 'Requests that were answered',
      labelNames: ['handler', 'method', 'code'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'registry_http_request_duration_seconds',
      help: 'Time from the first header to the end of the answer',
      labelNames: ['handler', 'method'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    });
    this.#requestSize = new Histogram({
      name: 'registry_http_request_size_bytes',
      help: 'Announced length of the request body',
      labelNames: ['handler'],
      buckets: SIZE_BUCKETS_BYTES,
      registers,
    });
    this.#responseSize = new Histogram({
      name: 'registry_http_response_size_bytes',
      help: 'Announced length of the answer',
      labelNames: ['handler'],
      buckets: SIZE_BUCKETS_BYTES,
      registers,
    });
  }

  /** Counts every request of the application from now on. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, { raw }, done) => {
      const handler = handlerOf(request);
      if (handler !== undefined) this.#count(handler, request, raw);
      done();
    });
  }

  #count(handler: string, request: FastifyRequest, raw: ServerResponse): void {
    const startedMs = performance.now();
    const method = request.method.toLowerCase();
    this.#inFlight.inc({ handler });
    raw.once('close', () => {
      this.#inFlight.dec({ handler });
      this.#requests.inc({ handler, method, code: String(raw.statusCode) });
      this.#duration.observe({ handler, method }, (performance.now() - startedMs) / 1_000);
      this.#requestSize.observe({ handler }, lengthOf(request.headers['content-length']));
      this.#responseSize.observe({ handler }, lengthOf(raw.getHeader('content-length')));
    });
  }
}

function handlerOf(request: FastifyRequest): string | undefined {
  const route = request.routeOptions.url ?? '';
  return HANDLERS.find(([suffix]) => route.endsWith(suffix))?.[1];
}

/** A client may send anything as its length. */
function lengthOf(header: unknown): number {
  const bytes = Number(header ?? 0);
  return Number.isFinite(bytes) ? bytes : 0;
}
