import type { AttemptResult } from '../delivery/attempt.js';

type End = (result: AttemptResult) => void;

/** Attempts that go on by themselves whatever happens: when they are ended, nobody waits for them any more. */
export class UnderWay {
  readonly #ends = new Set<End>();
  #closed = false;

  /** What the work results in, or what it is ended with before. The signal tells the work that it was ended. */
  async run(work: (signal: AbortSignal, end: End) => Promise<AttemptResult>): Promise<AttemptResult> {
    if (this.#closed) return { kind: 'abandoned' };
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    const controller = new AbortController();
    const end = (result: AttemptResult) => {
      resolve(result);
      controller.abort();
    };
    this.#ends.add(end);
    try {
      return await Promise.race([work(controller.signal, end), promise]);
    } finally {
      this.#ends.delete(end);
    }
  }

  /** Ends all as `abandoned`, and whatever comes later too. */
  abandon(): void {
    this.#closed = true;
    for (const end of this.#ends) end({ kind: 'abandoned' });
  }
}
