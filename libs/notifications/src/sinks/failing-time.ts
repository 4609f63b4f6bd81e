/**
 * How long an endpoint has taken nothing although it was tried: from its first failure after a success to its next success, less the
 * time in which it was paused or the program did not run. Times are ms of the monotonic clock.
 */
export class FailingTime {
  #elapsedMs: number;
  /** Since then the time counts. */
  #sinceMs: number | undefined;
  #paused: boolean;

  /** @param elapsedMs what the last run stored: more than 0 says that the endpoint was failing when it ended */
  constructor(elapsedMs: number, paused: boolean, nowMs: number) {
    this.#elapsedMs = elapsedMs;
    this.#paused = paused;
    this.#sinceMs = elapsedMs > 0 && !paused ? nowMs : undefined;
  }

  /** 0 when the last that was tried succeeded. */
  at(nowMs: number): number {
    return this.#elapsedMs + (this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs);
  }

  /** What was under way when the pause began may fail in it: that is no reason to count the pause. */
  failed(nowMs: number): void {
    if (!this.#paused) this.#sinceMs ??= nowMs;
  }

  succeeded(): void {
    this.#elapsedMs = 0;
    this.#sinceMs = undefined;
  }

  paused(nowMs: number): void {
    this.#paused = true;
    this.#elapsedMs = this.at(nowMs);
    this.#sinceMs = undefined;
  }

  /** Whoever failed before the pause is taken to fail still, until it takes something. */
  resumed(nowMs: number): void {
    this.#paused = false;
    if (this.#elapsedMs > 0) this.#sinceMs ??= nowMs;
  }
}
