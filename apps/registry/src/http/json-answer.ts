import type { FastifyReply, FastifyRequest } from 'fastify';

/** An answer that is a JSON document, and where the next page of it is. */
export interface JsonAnswer {
  readonly body: unknown;
  /** Default `application/json`, without a charset: clients compare. */
  readonly contentType?: string;
  /** RFC 8288. */
  readonly next?: string | undefined;
}

/** Writes a document with its length; to HEAD the headers alone. */
export function sendJson(
  { method }: FastifyRequest,
  { raw: response }: FastifyReply,
  { body, contentType = 'application/json', next }: JsonAnswer,
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  if (next !== undefined) response.setHeader('Link', `<${next}>; rel="next"`);
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(method === 'HEAD' ? undefined : bytes);
}
