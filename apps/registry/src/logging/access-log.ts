import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DestinationStream } from 'pino';
import type { LogSettings } from '../config/registry-config.js';
import { combinedLine, type AccessEntry } from './access-line.js';
import { BufferedLines } from './buffered-lines.js';
import { createPino } from './log-format.js';

/** Characters of a path or of a header that are kept. */
const MAX_LENGTH = 1_024;

/**
 * A line for each request, when its answer is over. Of a URL only the path is written: queries may hold secrets, paths of the registry
 * hold names, tags and digests.
 */
export class AccessLog {
  /** @param isLogged which requests are: those of operators need not be */
  constructor(
    private readonly write: (entry: AccessEntry) => void,
    private readonly isLogged: (request: IncomingMessage) => boolean,
  ) {}

  /** Logs every request of the application from now on. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, { raw }, done) => {
      if (this.isLogged(request.raw)) this.#log(request, raw);
      done();
    });
  }

  #log(request: FastifyRequest, raw: ServerResponse): void {
    const startedMs = performance.now();
    // Asked for now: a connection that broke has no address any more.
    const { remoteAddress = '-' } = request.raw.socket;
    raw.once('close', () => {
      this.write({
        requestId: request.id,
        address: remoteAddress,
        time: new Date(),
        method: request.method,
        path: pathOf(request.originalUrl),
        httpVersion: request.raw.httpVersion,
        status: raw.statusCode,
        sentBytes: sentBytesOf(request, raw),
        referrer: pathOf(request.headers.referer ?? ''),
        userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_LENGTH),
        durationMs: performance.now() - startedMs,
      });
    });
  }
}

/**
 * What `log.accesslog` asks for: Apache's combined format among lines of text, as upstream has it, and a record like all others where
 * each line is to be JSON. Undefined when it is disabled.
 */
export function accessLogOf(
  settings: LogSettings,
  isLogged: (request: IncomingMessage) => boolean,
  output: DestinationStream = process.stdout,
): AccessLog | undefined {
  if (!settings.accessLog) return undefined;
  const lines = new BufferedLines(output);
  if (settings.formatter === 'text') {
    return new AccessLog((entry) => lines.write(combinedLine(entry)), isLogged);
  }
  // Requests are logged whatever the level of the log is.
  const records = createPino(settings, 'info', lines);
  return new AccessLog((entry) => records.info(fieldsOf(entry), 'response completed'), isLogged);
}

/** The fields by which upstream logs a request. */
function fieldsOf(entry: AccessEntry): Readonly<Record<string, string | number>> {
  return {
    'http.request.id': entry.requestId,
    'http.request.method': entry.method,
    'http.request.remoteaddr': entry.address,
    'http.request.uri': entry.path,
    'http.request.useragent': entry.userAgent,
    'http.response.duration': `${entry.durationMs.toFixed(3)}ms`,
    'http.response.status': entry.status,
    ...(entry.sentBytes !== undefined && { 'http.response.written': entry.sentBytes }),
  };
}

/** Without query, fragment and user information. */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return url.slice(0, Math.min(end === -1 ? url.length : end, MAX_LENGTH)).replace(/\/\/[^/]*@/, '//');
}

/** Bytes of the answer's body; undefined when it was cut off. */
function sentBytesOf({ method }: FastifyRequest, raw: ServerResponse): number | undefined {
  if (!raw.writableFinished) return undefined;
  const hasBody = method !== 'HEAD' && raw.statusCode !== 304 && raw.statusCode !== 204;
  return hasBody ? Number(raw.getHeader('content-length') ?? 0) : 0;
}
