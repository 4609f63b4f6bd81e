/** Upper bounds of the classes; the last class, `more`, has none. */
const BOUNDS = [1, 2, 3, 5, 10, 20, 50] as const;

type Bound = `${(typeof BOUNDS)[number]}` | 'more';

/** How many events were taken at so many attempts: more than the class before, and up to its name. */
export type AttemptsPerEventCounts = Readonly<Partial<Record<Bound, number>>>;

/** Which attempt with an event it was that the endpoint took it at. */
export class AttemptsPerEvent {
  readonly #counts = new Map<Bound, number>();

  taken(attempts: readonly number[]): void {
    for (const each of attempts) {
      const bound = classOf(each);
      this.#counts.set(bound, (this.#counts.get(bound) ?? 0) + 1);
    }
  }

  get snapshot(): AttemptsPerEventCounts {
    return Object.fromEntries(this.#counts);
  }
}

function classOf(attempts: number): Bound {
  const bound = BOUNDS.find((each) => attempts <= each);
  return bound === undefined ? 'more' : `${bound}`;
}
