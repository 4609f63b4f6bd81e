import { Injectable } from '@nestjs/common';
import { ClientTraffic } from './client-traffic.js';
import { Clock } from './clock.js';
import { Jitter, schedulesOf, type Schedules, type ScheduleSettings } from './schedule.js';

/** ms that a turn may take before it counts as long: one of a step, and one in which others kept the event loop from it. */
const LONG_MS = 2;

/** Turns that are left to others at most, one after another: clients slow deliveries down, and never stop them. */
const MOST_LEFT = 2;

/** ms of rest while clients are near, in which the processor is theirs, and ms of steps through backlogs after which it is due. */
const REST_MS = 6;
const WORK_MS = 0.25;

interface Step {
  readonly take: () => void;
  readonly ofBacklog: boolean;
}

/**
 * When things happen. Hands out turns of the event loop, one step to a turn, to all endpoints alike: deliveries yield to the registry's
 * clients, and a busy endpoint to the others. A step may start one read, and one envelope or a few single events.
 *
 * While clients are near, steps through backlogs rest after a little work, all endpoints' together: turns alone would keep the processor
 * busy, and whoever keeps it busy is made to wait for it when a request comes. What happens now is delivered without such rests.
 *
 * While the loop is late, and after a step that took long itself, turns go by without a step, so that whoever waits for the loop goes
 * first. Where nobody does, such a turn is over at once and costs next to nothing.
 */
@Injectable()
export class Pacer {
  readonly #steps: Step[] = [];
  #running = false;
  #askedMs = 0;
  /** Turns that the last step owes to others, and those that it has left to them. */
  #owed = 0;
  #left = 0;
  #workedMs = 0;
  #restsUntilMs = 0;
  #cancelRest: (() => void) | undefined;

  constructor(
    readonly clock: Clock,
    private readonly jitter: Jitter,
    private readonly traffic: ClientTraffic,
  ) {}

  /** When an endpoint and its events are tried again. */
  schedules(settings: ScheduleSettings): Schedules {
    return schedulesOf(settings, this.jitter);
  }

  /**
   * Calls the step in a later turn of the event loop, after those that asked before. It must not throw.
   *
   * @param ofBacklog it goes on with many events that wait already
   */
  nextTurn(take: () => void, ofBacklog = false): void {
    this.#steps.push({ take, ofBacklog });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#running) return;
    const nowMs = this.clock.monotonic();
    const next = this.#nextAt(nowMs);
    this.#cancelRest?.();
    this.#cancelRest = undefined;
    if (next !== undefined) this.#takeTurn();
    else if (this.#steps.length > 0) {
      this.#cancelRest = this.clock.setTimer(this.#restsUntilMs - nowMs, () => this.#schedule());
    }
  }

  #takeTurn(): void {
    this.#running = true;
    this.#askedMs = this.clock.monotonic();
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const startedMs = this.clock.monotonic();
    if (this.#isOthers(startedMs)) {
      this.#left += 1;
      this.#takeTurn();
      return;
    }
    this.#left = 0;
    this.#running = false;
    const index = this.#nextAt(startedMs);
    const [step] = index === undefined ? [] : this.#steps.splice(index, 1);
    try {
      step?.take();
    } finally {
      const endedMs = this.clock.monotonic();
      this.#owed = Math.floor((endedMs - startedMs) / LONG_MS);
      if (step?.ofBacklog === true) this.#worked(endedMs - startedMs, endedMs);
      this.#schedule();
    }
  }

  #worked(tookMs: number, nowMs: number): void {
    this.#workedMs += tookMs;
    if (this.#workedMs < WORK_MS) return;
    this.#workedMs = 0;
    this.#restsUntilMs = nowMs + REST_MS;
  }

  /** Where the step is that may be taken first. */
  #nextAt(nowMs: number): number | undefined {
    const rests = nowMs < this.#restsUntilMs && this.traffic.isNear;
    const index = rests ? this.#steps.findIndex(({ ofBacklog }) => !ofBacklog) : 0;
    return index >= 0 && index < this.#steps.length ? index : undefined;
  }

  #isOthers(nowMs: number): boolean {
    const late = nowMs - this.#askedMs > LONG_MS;
    return this.#left < MOST_LEFT && (late || this.#left < this.#owed);
  }
}
