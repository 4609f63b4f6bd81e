import { Logger } from '@nestjs/common';
import type { Clock } from '../delivery/clock.js';
import type { EventDraft } from './log-record.js';

/** Events that may be on their way to the disk; beyond that they are shed. */
const MAX_OUTSTANDING = 10_000;

/** Events of one write batch: bounds how long the changes behind it wait. */
const MAX_BATCH = 500;

/** How long in ms a lone event waits for company: what a crash may lose. */
const LINGER_MS = 5;

/**
 * Events that may be lost, on their way to the log. A read of the registry never waits for a disk: its event is put here, and goes to
 * the writer in batches. When the disk cannot keep up, events are shed, counted and announced once per episode.
 */
export class LossyBuffer {
  readonly #logger = new Logger('EventLog');
  readonly #clock: Clock;
  readonly #commit: (drafts: readonly EventDraft[]) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  #waiting: EventDraft[] = [];
  #outstanding = 0;
  #cancelTimer: (() => void) | undefined;
  #shed = 0;
  #shedBefore: number | undefined;

  /** @param commit appends the events; batches are committed in the order of the calls. */
  constructor(clock: Clock, commit: (drafts: readonly EventDraft[]) => Promise<void>) {
    this.#clock = clock;
    this.#commit = commit;
  }

  /** Events that were dropped since the start. */
  get shed(): number {
    return this.#shed;
  }

  offer(draft: EventDraft): void {
    if (this.#outstanding >= MAX_OUTSTANDING) {
      this.#drop(1);
      return;
    }
    this.#outstanding += 1;
    this.#waiting.push(draft);
    if (this.#waiting.length >= MAX_BATCH) this.handOver();
    else this.#cancelTimer ??= this.#clock.setTimer(LINGER_MS, () => this.handOver());
  }

  /** Gives everything that waits to the writer, before whatever is given to it next. */
  handOver(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#waiting.length > 0) {
      const drafts = this.#waiting.splice(0, MAX_BATCH);
      const committed = this.#settle(drafts);
      this.#underWay.add(committed);
      void committed.then(() => this.#underWay.delete(committed));
    }
  }

  /** Resolves when everything offered so far is durable or counted as shed. */
  async flush(): Promise<void> {
    this.handOver();
    await Promise.all(this.#underWay);
  }

  async #settle(drafts: readonly EventDraft[]): Promise<void> {
    let kept = false;
    try {
      await this.#commit(drafts);
      kept = true;
    } catch {
      // Why the database refuses is the database's to announce; that events are lost by it, is ours.
      this.#drop(drafts.length);
    }
    this.#outstanding -= drafts.length;
    // A full disk sheds them one by one: that is one episode, until one is kept again.
    if (this.#outstanding === 0 && kept) this.#announceEnd();
  }

  #drop(count: number): void {
    if (this.#shedBefore === undefined) {
      this.#shedBefore = this.#shed;
      this.#logger.warn('the log cannot keep up: events of reads are being shed, those of changes are not');
    }
    this.#shed += count;
  }

  #announceEnd(): void {
    if (this.#shedBefore === undefined) return;
    this.#logger.warn(`the log keeps up again: ${this.#shed - this.#shedBefore} events of reads were shed`);
    this.#shedBefore = undefined;
  }
}
