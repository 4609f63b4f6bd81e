import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';

/** One request, from its first header to the last thing that it causes. */
export interface RequestContext {
  /** UUID of the request: the same in the log, in events and in errors. */
  readonly id: string;
  readonly raw: IncomingMessage;
  /** As the client sent it, where the routing needed another one. */
  readonly contentType: string | undefined;
  /** When its headers were read, by `performance.now()`. */
  readonly startedMs: number;
}

/** The request that the running code works for, without handing it through every call. */
export class RequestContexts {
  readonly #storage = new AsyncLocalStorage<RequestContext>();

  run(context: RequestContext, work: () => void): void {
    this.#storage.run(context, work);
  }

  /** @throws when the code does not run for a request: a defect of the program */
  current(): RequestContext {
    const context = this.#storage.getStore();
    if (context === undefined) throw new Error('this code runs for a request, and there is none');
    return context;
  }

  /** A callback that will run for the same request, whoever calls it. */
  bind<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
    return AsyncLocalStorage.bind(callback);
  }
}
