import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from './clock.js';

/** Whether somebody is served by this process at the moment: backlogs are delivered more slowly then. */
export abstract class ClientTraffic {
  /** True while clients ask. */
  abstract get isNear(): boolean;
}

/** ms after a request in which others are expected: a pull or a push is many requests. */
const NEAR_MS = 25;

/** Node's own channel: every HTTP server of this process publishes there, whatever framework it serves. */
const REQUESTS = 'http.server.request.start';

/** Clients of the HTTP servers of this process. No application has to tell of them. */
@Injectable()
export class HttpClientTraffic extends ClientTraffic implements OnApplicationShutdown {
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #seen = () => {
    this.#lastMs = this.clock.monotonic();
  };

  constructor(private readonly clock: Clock) {
    super();
    subscribe(REQUESTS, this.#seen);
  }

  override get isNear(): boolean {
    return this.clock.monotonic() - this.#lastMs < NEAR_MS;
  }

  onApplicationShutdown(): void {
    unsubscribe(REQUESTS, this.#seen);
  }
}
