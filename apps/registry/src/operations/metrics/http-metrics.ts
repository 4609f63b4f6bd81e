import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Upstream's names for its routes, by the end of ours. Routes that it does not have are not counted. */
const HANDLERS: readonly (readonly [suffix: string, handler: string])[] = [
  ['/manifests/:reference', 'manifest'],
  ['/blobs/uploads/:id', 'blob_upload_chunk'],
  ['/blobs/uploads', 'blob_upload'],
  ['/blobs/:digest', 'blob'],
  ['/tags/list', 'tags'],
  ['/v2', 'base'],
];

const SIZE_BUCKETS_BYTES = [1_024, 16_384, 262_144, 4_194_304, 67_108_864, 1_073_741_824];

/** `registry_http_*` as upstream names them: what dashboards of registry:3 already draw. */
@Injectable()
export class HttpMetrics {
  readonly #inFlight: Gauge<'handler'>;
  readonly #requests: Counter<'handler' | 'method' | 'code'>;
  readonly #duration: Histogram<'handler' | 'method' | 'code'>;
  readonly #requestSize: Histogram<'handler' | 'method'>;
  readonly #responseSize: Histogram<'handler' | 'method'>;

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
      labelNames: ['handler', 'method', 'code'],
      registers,
    });
    this.#requestSize = new Histogram({
      name: 'registry_http_request_size_bytes',
      help: 'Announced length of the request body',
      labelNames: ['handler', 'method'],
      buckets: SIZE_BUCKETS_BYTES,
      registers,
    });
    this.#responseSize = new Histogram({
      name: 'registry_http_response_size_bytes',
      help: 'Announced length of the answer',
      labelNames: ['handler', 'method'],
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

  #count(handler: string, request: FastifyRequest, raw: import('node:http').ServerResponse): void {
    const started = performance.now();
    const { method } = request;
    this.#inFlight.inc({ handler });
    raw.once('close', () => {
      const labels = { handler, method: method.toLowerCase(), code: String(raw.statusCode) };
      this.#inFlight.dec({ handler });
      this.#requests.inc(labels);
      this.#duration.observe(labels, (performance.now() - started) / 1_000);
      const { code: _code, ...sizeLabels } = labels;
      this.#requestSize.observe(sizeLabels, Number(request.headers['content-length'] ?? 0));
      this.#responseSize.observe(sizeLabels, Number(raw.getHeader('content-length') ?? 0));
    });
  }
}

function handlerOf(request: FastifyRequest): string | undefined {
  const route = request.routeOptions.url ?? '';
  return HANDLERS.find(([suffix]) => route.endsWith(suffix))?.[1];
}
