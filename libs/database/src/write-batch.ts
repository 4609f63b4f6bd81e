/** What a statement may be given, and what a column holds. Booleans are 0 and 1, times are ms since 1970. */
export type Value = string | number | bigint | Uint8Array | null;

/**
 * What a batch is for, which decides whether it may still be tried when the disk is full:
 *
 * - `change` something new: refused up front
 * - `progress` what became of something that was promised already, and what an operator decided
 * - `retention` what makes room
 */
export type WritePurpose = 'change' | 'progress' | 'retention';

/** One statement of a batch. Plain data, so that it can cross to the writer's thread or to another database. */
export interface Step {
  readonly sql: string;
  readonly params: readonly Value[];
  /** Rows that this step must change (`run`) or find (`require`); otherwise the batch is undone and says `precondition`. */
  readonly expects?: { readonly rows: number; readonly precondition: string };
  readonly kind: 'run' | 'require';
}

/**
 * What is committed together or not at all: statements in order, with the facts they rest on.
 *
 * A batch is data and holds no transaction open while it is built: whoever builds it reads first, states as preconditions what it
 * read, and builds again when a precondition fails. Several parties may add to one batch; that is how an event joins its change.
 */
export class WriteBatch {
  readonly #steps: Step[] = [];
  readonly #afterCommit: (() => void)[] = [];

  constructor(readonly purpose: WritePurpose = 'change') {}

  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** Adds a statement that changes rows. With `expects`, changing another number of rows undoes the batch. */
  run(sql: string, params: readonly Value[] = [], expects?: { rows: number; precondition: string }): this {
    this.#steps.push({ kind: 'run', sql, params, ...(expects ? { expects } : {}) });
    return this;
  }

  /** Adds a fact that must hold when the batch is committed: the query gives exactly `rows` rows (default 1). */
  require(precondition: string, sql: string, params: readonly Value[] = [], rows = 1): this {
    this.#steps.push({ kind: 'require', sql, params, expects: { rows, precondition } });
    return this;
  }

  /**
   * Calls back in this process once the batch is durable, in the order of the calls. It is a wake-up and nothing more: a crash
   * between the commit and the call loses it, so nothing that matters may hang on it. It must not throw.
   */
  afterCommit(callback: () => void): this {
    this.#afterCommit.push(callback);
    return this;
  }

  /** For the database alone: the batch is durable. */
  committed(): void {
    for (const callback of this.#afterCommit) callback();
  }
}

/** Committed and durable, or undone because a precondition did not hold: read again and build a new batch. */
export type CommitOutcome =
  { readonly committed: true } | { readonly committed: false; readonly precondition: string };
