import type { LetterBook } from '../dead-letters/letter-book.js';
import type { LaneRows } from '../delivery/lane-rows.js';
import type { DeadLetter } from '../delivery/progress.js';
import type { ReplayEntry, ReplayLetter } from './replay-source.js';

/** Why an event of a replay was given up, and what was tried. */
export type ReplayFailing = Pick<DeadLetter, 'reason' | 'attempts' | 'lastStatus' | 'lastAnswer'>;

/** What the fates are written into: both are stored in one batch with the job. */
export interface LetterLedger {
  readonly book: LetterBook;
  readonly rows: Pick<LaneRows, 'exhume'>;
  /** ms since 1970. */
  readonly now: () => number;
}

/**
 * What becomes of dead letters that a replay sends again, so that letters and counts always fit: a letter that was taken goes, one that
 * was not stays. A range shrinks as it is gone through; an event of it that was not taken becomes a letter of its own.
 */
export class LetterFates {
  /** Events that are left of ranges. */
  readonly #left = new Map<number, number>();
  /** Letters of single events that are done with. */
  readonly #done = new Set<number>();

  constructor(private readonly ledger: LetterLedger) {}

  sent(letter: ReplayLetter): void {
    const { book, rows } = this.ledger;
    if (letter.eventId !== undefined) {
      this.#done.add(letter.id);
      book.remove([letter.id]);
      rows.exhume(1, 'delivered');
    } else if (this.#takeFrom(letter)) {
      rows.exhume(1, 'delivered');
    }
  }

  failed({ record }: ReplayEntry, letter: ReplayLetter, failing: ReplayFailing): void {
    const { book, now } = this.ledger;
    const attempts = letter.attempts + failing.attempts;
    if (letter.eventId !== undefined) {
      this.#done.add(letter.id);
      book.refuse({ ...failing, id: letter.id, attempts });
    } else if (this.#takeFrom(letter)) {
      const { id: eventId, lane, sequence } = record;
      const place = { firstSequence: sequence, lastSequence: sequence, count: 1, lane, eventId };
      book.add([{ ...failing, ...place, attempts, atMs: now() }]);
    }
  }

  /** A letter was gone through. Gives how many of its events there were not, or nobody wants any more: they are given up. */
  finished(letter: ReplayLetter): number {
    const { book, rows } = this.ledger;
    if (this.#done.delete(letter.id)) return 0;
    const left = letter.eventId === undefined ? this.#leftOf(letter) : 1;
    this.#left.delete(letter.id);
    book.remove([letter.id]);
    if (left > 0) rows.exhume(left, 'given-up');
    return left;
  }

  /** Everything up to the cursor is done with: ranges that are under way begin behind it. */
  moved(cursor: number): void {
    for (const [id, count] of this.#left) this.ledger.book.shrink({ id, firstSequence: cursor + 1, count });
  }

  #leftOf(letter: ReplayLetter): number {
    return this.#left.get(letter.id) ?? letter.count;
  }

  /** False when more is sent of a range than was counted, because the endpoint's filter became wider. */
  #takeFrom(letter: ReplayLetter): boolean {
    const left = this.#leftOf(letter);
    this.#left.set(letter.id, Math.max(0, left - 1));
    return left > 0;
  }
}
