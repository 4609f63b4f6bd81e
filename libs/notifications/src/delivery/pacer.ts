import { Injectable } from '@nestjs/common';
import { ClientTraffic } from './client-traffic.js';
import { Clock } from './clock.js';
import { Jitter, schedulesOf, type Schedules, type ScheduleSettings } from './schedule.js';

/** ms that a turn may take before it counts as long: one of a step, and one in which others kept the event loop from it. */
const LONG_MS = 2;

/** Turns that are left to others at most, one after another: clients slow deliveries down, and never stop them. */
const MOST_LEFT = 2;

/** ms of rest while clients are near, in which the processor is theirs. */
const REST_MS = 6;

/** ms of steps through backlogs after which a rest is due: a step that starts one small envelope takes less. */
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
 * busy, and whoever keeps it busy is made to wait for it when a request comes. What happens now goes on without such rests.
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
  /** ms of steps through backlogs since the last rest. */
  #workedMs = 0;
  #restsUntilMs = 0;
  /** A timer ends the rest. */
  #resting = false;

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
    if (this.#running || this.#steps.length === 0) return;
    const nowMs = this.clock.monotonic();
    if (this.#nextAt(nowMs) >= 0) this.#takeTurn();
    else if (!this.#resting) {
      this.#resting = true;
      this.clock.setTimer(this.#restsUntilMs - nowMs, () => {
        this.#resting = false;
        this.#schedule();
      });
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
    // A client may have come since the turn was asked for.
    const [step] = index >= 0 ? this.#steps.splice(index, 1) : [];
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

  /** Where the step is that may be taken first; -1 when all of them rest. */
  #nextAt(nowMs: number): number {
    const rests = nowMs < this.#restsUntilMs && this.traffic.isNear;
    return rests ? this.#steps.findIndex(({ ofBacklog }) => !ofBacklog) : 0;
  }

  #isOthers(nowMs: number): boolean {
    const late = nowMs - this.#askedMs > LONG_MS;
    return this.#left < MOST_LEFT && (late || this.#left < this.#owed);
  }
}
