import { Injectable } from '@nestjs/common';
import { Clock } from './clock.js';
import { Jitter, schedulesOf, type Schedules, type ScheduleSettings } from './schedule.js';

/**
 * When things happen. Hands out turns of the event loop, one step to a turn, to all endpoints alike: deliveries yield to the registry's
 * clients, and a busy endpoint to the others. A step may start one read and one request.
 */
@Injectable()
export class Pacer {
  #steps: (() => void)[] = [];
  #running = false;

  constructor(
    readonly clock: Clock,
    private readonly jitter: Jitter,
  ) {}

  /** When an endpoint and its events are tried again. */
  schedules(settings: ScheduleSettings): Schedules {
    return schedulesOf(settings, this.jitter);
  }

  /** Calls the step in a later turn of the event loop, after those that asked before. It must not throw. */
  nextTurn(step: () => void): void {
    this.#steps.push(step);
    if (!this.#running) this.#schedule();
  }

  #schedule(): void {
    this.#running = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const step = this.#steps.shift();
    if (this.#steps.length > 0) this.#schedule();
    else this.#running = false;
    step?.();
  }
}
