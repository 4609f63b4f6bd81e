/** ms between two lines. */
const EVERY_MS = 1_000;

/** Tells people who wait for long work how far it is and how fast it goes, a line a second. */
export class Progress {
  #beganMs: number;
  #toldMs: number;
  #first: number | undefined;
  #part: string | undefined;

  constructor(
    private readonly write: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#beganMs = now();
    this.#toldMs = this.#beganMs;
  }

  /**
   * @param done what is done so far, for the rate; work that goes on with earlier work begins above 0
   * @param part what is being done, of work that has parts: each has a rate of its own
   */
  report(done: number, line: string, part?: string): void {
    const nowMs = this.now();
    if (this.#part !== undefined && part !== this.#part) {
      this.#beganMs = nowMs;
      this.#first = done;
    }
    this.#part = part;
    this.#first ??= done;
    if (nowMs - this.#toldMs < EVERY_MS) return;
    this.#toldMs = nowMs;
    const rate = Math.round(((done - this.#first) * 1_000) / (nowMs - this.#beganMs));
    this.write(`herald: ${line} (${rate}/s)\n`);
  }
}
