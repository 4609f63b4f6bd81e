import { Clock } from '../src/delivery/clock.js';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that goes when it is told to. */
export class ManualClock extends Clock {
  readonly #timers = new Set<Timer>();
  #elapsedMs = 0;

  constructor(readonly startMs: number = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    super();
  }

  override now(): number {
    return this.startMs + this.#elapsedMs;
  }

  override monotonic(): number {
    return this.#elapsedMs;
  }

  override setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass, and calls what is due in the order of its time. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
    }
    this.#elapsedMs = untilMs;
  }
}
