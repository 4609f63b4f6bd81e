import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  Broadcaster,
  isWebhook,
  type EndpointMetricsSnapshot,
  type EndpointOptions,
  type WebhookOptions,
} from '@herald/notifications';

/** What stands where a secret is not shown. */
const REDACTED = '[redacted]';

const NANOSECONDS_PER_MS = 1_000_000;

/** Upstream's `/debug/vars` (Go's expvar), on the debug address: same shape and names, secrets redacted. */
@Controller('debug')
export class DebugVarsController {
  constructor(private readonly broadcaster: Broadcaster) {}

  @Get('vars')
  vars(@Res() { raw: response }: FastifyReply): void {
    const endpoints = this.broadcaster.endpoints.map(({ name, origin, metrics }) => {
      const options = this.broadcaster.configured.find((endpoint) => endpoint.name === name);
      return endpointVars(name, origin, metrics, options);
    });
    const body = Buffer.from(
      JSON.stringify({
        memstats: memoryStatistics(),
        registry: { notifications: { endpoints: endpoints.length === 0 ? null : endpoints } },
      }),
    );
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
    });
    response.end(body);
  }
}

/** Mixed case, nanoseconds and null for what is not set: all of it is upstream's. Of the URL scheme and host are shown. */
function endpointVars(
  name: string,
  origin: string,
  metrics: EndpointMetricsSnapshot,
  options: EndpointOptions | undefined,
): Readonly<Record<string, unknown>> {
  const webhook = options !== undefined && isWebhook(options) ? options : undefined;
  const { Pending, Events, Successes, Failures, Errors, Statuses } = metrics;
  return {
    name,
    url: origin,
    Headers: redacted(webhook?.headers),
    Timeout: nanoseconds(webhook?.timeoutMs),
    Threshold: options?.threshold ?? null,
    Backoff: nanoseconds(options?.backoffMs),
    // The configuration unites both spellings in `ignore`.
    IgnoredMediaTypes: null,
    Ignore: {
      MediaTypes: listOrNull(options?.ignore?.mediaTypes),
      Actions: listOrNull(options?.ignore?.actions),
    },
    Metrics: { Pending, Events, Successes, Failures, Errors, Statuses },
  };
}

function redacted(headers: WebhookOptions['headers'] = {}): Readonly<Record<string, string[]>> | null {
  const entries = Object.entries(headers).map(
    ([name, values]) => [name, values.map(() => REDACTED)] as const,
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function listOrNull(list: readonly string[] = []): readonly string[] | null {
  return list.length === 0 ? null : list;
}

function nanoseconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * NANOSECONDS_PER_MS);
}

/** The few of Go's figures that have a counterpart here, in bytes. */
function memoryStatistics(): Readonly<Record<string, number>> {
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return { Alloc: heapUsed, HeapAlloc: heapUsed, HeapSys: heapTotal, Sys: rss };
}
