import { SystemClock } from '../src/delivery/clock.js';

/** The machine's clock, which leaps forward when it is told to. Timers that were set before are not moved. */
export class LeapingClock extends SystemClock {
  #leaptMs = 0;

  leap(ms: number): void {
    this.#leaptMs += ms;
  }

  override now(): number {
    return super.now() + this.#leaptMs;
  }

  override monotonic(): number {
    return super.monotonic() + this.#leaptMs;
  }
}
