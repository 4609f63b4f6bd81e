/** The first `number` events that an endpoint wants have `bytes` in sum. */
export interface Milestone {
  readonly number: number;
  readonly bytes: number;
}

/** Milestones that are kept: what lies between two of them is taken to be of one size. */
const MOST_MILESTONES = 256;

/**
 * How many bytes the events have that an endpoint wants, by their numbers: so that the size of a backlog is a subtraction, however long
 * it is. Exact where counting stopped, in between within the few events that lie between two milestones; no error ever adds up, since
 * what is interpolated at one place is missing or too much at the next.
 */
export class WantedBytes {
  #milestones: Milestone[];

  /** @param read how far the endpoint's events were read, as stored @param counted how far they were counted, which may be further */
  constructor(read: Milestone, counted: Milestone) {
    this.#milestones = counted.number > read.number ? [read, counted] : [read];
  }

  /** Counting has come so far. Milestones come in order. */
  count(counted: Milestone): void {
    const last = this.#milestones.at(-1);
    if (last !== undefined && counted.number <= last.number) return;
    this.#milestones.push(counted);
    if (this.#milestones.length <= MOST_MILESTONES) return;
    const end = this.#milestones.length - 1;
    this.#milestones = this.#milestones.filter((_milestone, index) => index % 2 === 0 || index === end);
  }

  /** Bytes of the first `number` events. */
  upTo(number: number): number {
    const after = this.#milestones.findIndex((milestone) => milestone.number > number);
    const before = this.#milestones.at(after === -1 ? -1 : Math.max(0, after - 1));
    const next = this.#milestones[after];
    if (before === undefined) return 0;
    if (next === undefined || number <= before.number) return before.bytes;
    const part = (number - before.number) / (next.number - before.number);
    return Math.round(before.bytes + part * (next.bytes - before.bytes));
  }

  /** Nobody will ask for fewer events than that any more. */
  forgetBefore(number: number): void {
    const after = this.#milestones.findIndex((milestone) => milestone.number > number);
    const first = after === -1 ? this.#milestones.length - 1 : Math.max(0, after - 1);
    if (first > 0) this.#milestones = this.#milestones.slice(first);
  }
}
