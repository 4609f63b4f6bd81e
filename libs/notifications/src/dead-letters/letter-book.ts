import type { DatedLetter, LetterChanges, RefusedLetter, ShrunkLetter } from './letter-rows.js';

const NOTHING: LetterChanges = { added: [], removed: [], refused: [], shrunk: [] };

/** What happened to an endpoint's dead letters and is not durable yet. After each {@link collect} exactly one of the others is called. */
export class LetterBook {
  #open = NOTHING;
  #saving = NOTHING;

  add(letters: readonly DatedLetter[]): void {
    this.#open = { ...this.#open, added: [...this.#open.added, ...letters] };
  }

  /** Letters that lie there no more. */
  remove(ids: readonly number[]): void {
    this.#open = { ...this.#open, removed: [...this.#open.removed, ...ids] };
  }

  /** A letter was sent again and not taken: it stays, and nobody sends it any more. */
  refuse(letter: RefusedLetter): void {
    this.#open = { ...this.#open, refused: [...this.#open.refused, letter] };
  }

  /** The first events of a range are done with. */
  shrink(letter: ShrunkLetter): void {
    const others = this.#open.shrunk.filter(({ id }) => id !== letter.id);
    this.#open = { ...this.#open, shrunk: [...others, letter] };
  }

  /** What is to be stored. */
  collect(): LetterChanges {
    this.#saving = this.#open;
    this.#open = NOTHING;
    return this.#saving;
  }

  saved(): void {
    this.#saving = NOTHING;
  }

  notSaved(): void {
    const { added, removed, refused, shrunk } = this.#saving;
    this.#open = {
      added: [...added, ...this.#open.added],
      removed: [...removed, ...this.#open.removed],
      refused: [...refused, ...this.#open.refused],
      shrunk: [...shrunk, ...this.#open.shrunk],
    };
    this.#saving = NOTHING;
  }
}
