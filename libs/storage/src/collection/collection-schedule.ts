import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { StorageClock } from '../maintenance/storage-clock.js';
import type { Alongside } from '../repository/change.js';
import { CollectionRefused } from './collection-run.js';
import type { GarbageCollector } from './garbage-collector.js';

/** When collection runs by itself. */
export interface CollectionScheduleOptions {
  readonly enabled: boolean;
  /** From the end of one run to the next, in ms. */
  readonly intervalMs: number;
}

/** Nothing is collected in the first minute: programs that are started for one command are over by then. */
const FIRST_AFTER_MS = 60_000;

/**
 * Collects garbage at each interval. The end of the last run is remembered, so that a program that is restarted each night comes to it.
 */
export class CollectionSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('CollectionSchedule');
  #cancelTimer = (): void => undefined;
  #stopped = false;

  /** @param alongside what joins the batch of each removal */
  constructor(
    private readonly options: CollectionScheduleOptions,
    private readonly collector: GarbageCollector,
    private readonly clock: StorageClock,
    private readonly alongside: Alongside,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.options.enabled) return;
    const finishedMs = await this.collector.finishedMs();
    const dueMs = finishedMs === undefined ? 0 : finishedMs + this.options.intervalMs - this.clock.now();
    this.#runAfter(Math.max(FIRST_AFTER_MS, dueMs));
  }

  beforeApplicationShutdown(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #runAfter(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.clock.setTimer(delayMs, () => {
      void this.#run().finally(() => this.#runAfter(this.options.intervalMs));
    });
  }

  async #run(): Promise<void> {
    try {
      const { alongside } = this;
      const { ended } = await this.collector.begin({ dryRun: false, force: false, alongside });
      await ended;
    } catch (error) {
      if (error instanceof CollectionRefused) this.#logger.warn(`nothing is collected: ${error.message}`);
      else
        this.#logger.error(
          'the collection could not begin',
          error instanceof Error ? error.stack : undefined,
        );
    }
  }
}
