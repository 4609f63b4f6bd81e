import { Injectable } from '@nestjs/common';
import { Clock } from './clock.js';
import { Jitter, schedulesOf, type Schedules, type ScheduleSettings } from './schedule.js';

/** ms that a turn may take before it counts as long: one of a step, and one in which others kept the event loop from it. */
const LONG_MS = 2;

/** Turns that are left to others at most, one after another: clients slow deliveries down, and never stop them. */
const MOST_LEFT = 2;

/**
 * When things happen. Hands out turns of the event loop, one step to a turn, to all endpoints alike: deliveries yield to the registry's
 * clients, and a busy endpoint to the others. A step may start one read, and one envelope or a few single events.
 *
 * While the loop is late, and after a step that took long itself, turns go by without a step, so that whoever waits for the loop goes
 * first. Where nobody does, such a turn is over at once and costs next to nothing.
 */
@Injectable()
export class Pacer {
  #steps: (() => void)[] = [];
  #running = false;
  #askedMs = 0;
  /** Turns that the last step owes to others, and those that it has left to them. */
  #owed = 0;
  #left = 0;

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
    this.#askedMs = this.clock.monotonic();
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const startedMs = this.clock.monotonic();
    if (this.#isOthers(startedMs)) {
      this.#left += 1;
      this.#schedule();
      return;
    }
    this.#left = 0;
    this.#running = false;
    try {
      this.#steps.shift()?.();
    } finally {
      this.#owed = Math.floor((this.clock.monotonic() - startedMs) / LONG_MS);
      if (this.#steps.length > 0 && !this.#running) this.#schedule();
    }
  }

  #isOthers(nowMs: number): boolean {
    const late = nowMs - this.#askedMs > LONG_MS;
    return this.#left < MOST_LEFT && (late || this.#left < this.#owed);
  }
}
