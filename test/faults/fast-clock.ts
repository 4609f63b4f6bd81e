import { SystemClock } from '@herald/notifications';

/** A clock for which a second takes 50 ms, so that nobody waits for retries; and whose wall clock jumps when it is told to. */
export class FastClock extends SystemClock {
  readonly #startedMs = performance.now();
  readonly #startedAtMs = Date.now();
  #jumpedMs = 0;

  constructor(private readonly speed = 20) {
    super();
  }

  /** As if somebody set the machine's clock. */
  jump(ms: number): void {
    this.#jumpedMs += ms;
  }

  override now(): number {
    return Math.round(this.#startedAtMs + this.monotonic() + this.#jumpedMs);
  }

  override monotonic(): number {
    return (performance.now() - this.#startedMs) * this.speed;
  }

  override setTimer(delayMs: number, callback: () => void): () => void {
    return super.setTimer(delayMs / this.speed, callback);
  }
}
