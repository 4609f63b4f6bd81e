/** Events that may be sent without their outcome being stored, while the disk refuses that: a crash would repeat that many. */
const MOST = 10_000;

/** Counts the events that an endpoint was sent and of which the database does not know yet. */
export class UnwrittenEvents {
  #underWay = 0;
  #ended = 0;
  #collected = 0;

  /** True when nothing more may be sent until something is stored. What is under way will have to be stored too. */
  get full(): boolean {
    return this.#underWay + this.#ended >= MOST;
  }

  sent(events: number): void {
    this.#underWay += events;
  }

  /** @param told something came of it that is to be stored */
  ended(events: number, told: boolean): void {
    this.#underWay -= events;
    if (told) this.#ended += events;
  }

  /** Everything that has ended until now is in the batch that is about to be committed. */
  collected(): void {
    this.#collected = this.#ended;
  }

  saved(): void {
    this.#ended -= this.#collected;
    this.#collected = 0;
  }
}
