import type { TestClock } from './storage-fixture.js';

/** A place in the order of all that begins and ends, and the time there. */
interface Moment {
  readonly step: number;
  readonly ms: number;
}

/** What came of an operation for a content, `repository digest`. It happened at some moment between these two, and nobody knows when. */
interface Outcome {
  readonly content: string;
  readonly began: Moment;
  readonly ended: Moment;
}

interface Refusal extends Outcome {
  readonly what: string;
}

/** An operation that goes on; its outcomes are told when it ends. */
export interface Operation {
  /** The client was told that the content is there. */
  told(content: string): void;
  /** The client deleted it. */
  deleted(content: string): void;
  /** The client was told that it is not there. */
  refused(what: string, content: string): void;
}

/**
 * What clients were told and what became of it. Judged when all is over: only then is it known what else went on at the same time.
 *
 * Who was told that a content is there may rely on it for some time. A refusal breaks that promise if the client was told before it asked,
 * and nobody deleted the content in between. A deletion that overlapped with the telling may have come after it, so it counts as well:
 * a push has still to remove its upload when others delete what it pushed.
 */
export class CollectionPromises {
  readonly #tellings: Outcome[] = [];
  readonly #deletions: Outcome[] = [];
  readonly #refusals: Refusal[] = [];
  #step = 0;

  /** @param trustMs how long clients may rely on what they were told, from the moment when they asked */
  constructor(
    private readonly clock: TestClock,
    private readonly trustMs: number,
  ) {}

  begin(): Operation {
    const began = this.#now();
    const outcome = (content: string): Outcome => ({ content, began, ended: this.#now() });
    return {
      told: (content) => this.#tellings.push(outcome(content)),
      deleted: (content) => this.#deletions.push(outcome(content)),
      refused: (what, content) => this.#refusals.push({ what, ...outcome(content) }),
    };
  }

  /** What clients deleted themselves. */
  get deleted(): ReadonlySet<string> {
    return new Set(this.#deletions.map(({ content }) => content));
  }

  /** The promises that were broken, in words. */
  get broken(): readonly string[] {
    return this.#refusals
      .filter((refusal) => this.#tellings.some((telling) => this.#isBroken(telling, refusal)))
      .map(({ what, content }) => `${what}: ${content}`);
  }

  #isBroken(telling: Outcome, refusal: Refusal): boolean {
    return (
      telling.content === refusal.content &&
      telling.ended.step < refusal.began.step &&
      refusal.ended.ms - telling.began.ms < this.trustMs &&
      !this.#deletions.some(
        ({ content, began, ended }) =>
          content === telling.content && ended.step > telling.began.step && began.step < refusal.ended.step,
      )
    );
  }

  #now(): Moment {
    return { step: (this.#step += 1), ms: this.clock.now() };
  }
}
