import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StorageError } from '@herald/storage';
import { RegistryError, wireOf } from './registry-error.js';

/** An error as clients see it: OCI distribution-spec, "Error Codes". */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

/** Answers every error in the shape of the specification. What is no refusal of ours becomes a 500 that tells nothing of the inside. */
@Catch()
export class OciErrorFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { raw } = reply;
    if (request.raw.destroyed && !request.raw.complete) {
      // The client went away in the middle of its body: there is nobody to answer.
      raw.destroy();
      return;
    }
    const answer = answerOf(error);
    if (answer.status === 500) {
      this.#logger.error(`request ${request.id} failed`, stackOf(error), { request: request.id });
    }
    if (raw.headersSent) {
      // Half of another answer is on its way: cutting the connection is the only way left to say that it is not whole.
      raw.destroy();
      return;
    }
    writeError(raw, answer, request.method === 'HEAD');
  }
}

/** Writes an error to the raw response; of a HEAD the headers alone. */
export function writeError(raw: FastifyReply['raw'], answer: ErrorAnswer, headersOnly: boolean): void {
  const { status } = answer;
  const body = errorBody(answer);
  raw.statusCode = status;
  raw.setHeader('Content-Type', 'application/json');
  raw.setHeader('Content-Length', body.length);
  if (status === 503) raw.setHeader('Retry-After', '5');
  raw.end(headersOnly ? undefined : body);
}

/** The document of an error: OCI distribution-spec, "Error Codes". */
export function errorBody({ code, message, detail }: ErrorAnswer): Buffer {
  return Buffer.from(
    `${JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] })}\n`,
  );
}

export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof StorageError || error instanceof RegistryError) {
    return { ...wireOf(error.code), message: error.message, detail: error.detail };
  }
  if (error instanceof HttpException) return httpAnswer(error);
  return { ...wireOf('UNKNOWN'), message: 'unknown error' };
}

function httpAnswer(error: HttpException): ErrorAnswer {
  const status = error.getStatus();
  if (status === 404) return { ...wireOf('NOT_FOUND'), message: 'there is no such route' };
  if (status < 500) return { status, code: 'UNSUPPORTED', message: error.message };
  return { ...wireOf('UNKNOWN'), status, message: 'unknown error' };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
