import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Cut } from '../delivery/attempt.js';
import { KEPT_BYTES } from './answer-text.js';

/** Bytes of an answer that are read, so that the connection can be used again. Beyond them it is closed. */
const READ_BYTES = 64 * 1_024;

const FINAL_STATUS = 200;

/** What anybody asks an answer for. Going through the others costs as much as reading them. */
const READ_HEADERS = ['retry-after', 'webhook-allowed-origin'] as const;

/** An answer as it came, with the first bytes of its body. */
export interface ReadAnswer {
  readonly status: number;
  /** Those of {@link READ_HEADERS} that it has. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Why not all of the body was read. */
  readonly cut?: Cut;
}

/**
 * Takes one answer from a connection. What the status says stands, whatever becomes of the body: an endless one is cut, and one that
 * trickles ends with the request's deadline. No stream is made for it, because making one costs more than reading the answer.
 */
export class AnswerReader implements Dispatcher.DispatchHandler {
  /** Rejects with the client's error when there is no answer. */
  readonly answer: Promise<ReadAnswer>;
  readonly #settle: PromiseWithResolvers<ReadAnswer>;
  readonly #kept: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #head: Pick<ReadAnswer, 'status' | 'headers'> | undefined;
  #keptBytes = 0;
  #readBytes = 0;

  /** @param deadline aborted when the time is up */
  constructor(private readonly deadline: AbortSignal) {
    this.#settle = Promise.withResolvers();
    this.answer = this.#settle.promise;
  }

  /** Gives the request up where it stands. */
  abort(): void {
    this.#controller?.abort(new Error('given up'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.deadline.aborted) this.abort();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < FINAL_STATUS) return;
    const read = READ_HEADERS.filter((name) => headers[name] !== undefined);
    this.#head = { status, headers: Object.fromEntries(read.map((name) => [name, headers[name]])) };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#readBytes += chunk.length;
    if (this.#keptBytes < KEPT_BYTES) {
      // A copy: what comes belongs to the connection, and is used again.
      const kept = Buffer.from(chunk.subarray(0, KEPT_BYTES - this.#keptBytes));
      this.#kept.push(kept);
      this.#keptBytes += kept.length;
    }
    if (this.#readBytes <= READ_BYTES) return;
    this.#end('size');
    controller.abort(new Error('the answer is too long'));
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#head === undefined) this.#settle.reject(error);
    else this.#end(this.deadline.aborted ? 'time' : 'lost');
  }

  #end(cut?: Cut): void {
    const body = Buffer.concat(this.#kept);
    if (this.#head !== undefined)
      this.#settle.resolve({ ...this.#head, body, ...(cut !== undefined && { cut }) });
  }
}
