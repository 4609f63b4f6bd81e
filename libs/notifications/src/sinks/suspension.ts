/**
 * Times in which an endpoint's delivery is ended so that something can be done to what is stored of it. What is asked of the delivery
 * meanwhile is done when there is one again: a delivery that has ended would store it over what comes after.
 */
export class Suspension {
  #surgery: Promise<unknown> | undefined;
  /** What is to be done to the delivery when there is one again; undefined while it runs. */
  #postponed: (() => void)[] | undefined;

  /** True while there is no delivery. */
  get active(): boolean {
    return this.#postponed !== undefined;
  }

  begin(): void {
    this.#postponed = [];
  }

  /** There is a delivery again. */
  end(): void {
    const postponed = this.#postponed ?? [];
    this.#postponed = undefined;
    for (const act of postponed) act();
  }

  /** Does it now, or when there is a delivery again. */
  whenRunning(act: () => void): void {
    if (this.#postponed === undefined) act();
    else this.#postponed.push(act);
  }

  /** Does one thing at a time: see {@link settled}. @throws what the work throws */
  operate<Result>(work: () => Promise<Result>): Promise<Result> {
    const surgery = work().finally(() => (this.#surgery = undefined));
    this.#surgery = surgery;
    return surgery;
  }

  /** Resolves when nothing is being done to what is stored, however it ended. */
  async settled(): Promise<void> {
    await this.#surgery?.catch(() => undefined);
  }
}
