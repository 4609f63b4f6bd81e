/** ms between two lines. */
const EVERY_MS = 1_000;

/** Tells people who wait for long work how far it is and how fast it goes, a line a second. */
export class Progress {
  readonly #beganMs: number;
  #toldMs: number;
  #first: number | undefined;

  constructor(
    private readonly write: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#beganMs = now();
    this.#toldMs = this.#beganMs;
  }

  /** @param done what is done so far, for the rate; work that goes on with earlier work begins above 0 */
  report(done: number, line: string): void {
    this.#first ??= done;
    const nowMs = this.now();
    if (nowMs - this.#toldMs < EVERY_MS) return;
    this.#toldMs = nowMs;
    const rate = Math.round(((done - this.#first) * 1_000) / (nowMs - this.#beganMs));
    this.write(`herald: ${line} (${rate}/s)\n`);
  }
}
