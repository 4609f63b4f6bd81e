/** Shares of the bound that are announced. */
const LEVELS = [0.5, 0.75, 0.9, 1] as const;

export type BacklogLevel = (typeof LEVELS)[number];

/** How far below a level the share must fall before reaching it is announced again: what hovers is told once. */
const SLACK = 0.05;

/** Tells when a backlog grows past a level that is to be announced, once for each time. */
export class BacklogAlarm {
  /** The levels that were announced and not left since. */
  #told: readonly BacklogLevel[] = [];

  /** The highest level that was newly reached, if there is one. */
  observe(share: number): BacklogLevel | undefined {
    const still = this.#told.filter((level) => share >= level - SLACK);
    const reached = LEVELS.filter((level) => share >= level);
    this.#told = [...new Set([...still, ...reached])];
    return reached.findLast((level) => !still.includes(level));
  }
}
