import type { DatedLetter, LetterChanges } from './letter-rows.js';

const NOTHING: LetterChanges = { added: [], removed: [] };

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
    const { added, removed } = this.#saving;
    this.#open = { added: [...added, ...this.#open.added], removed: [...removed, ...this.#open.removed] };
    this.#saving = NOTHING;
  }
}
