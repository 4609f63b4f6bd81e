import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { UploadSessions } from '../uploads/upload-sessions.js';
import type { StorageClock } from './storage-clock.js';

/** When sessions are abandoned. Times in ms. */
export interface UploadPurgeOptions {
  readonly enabled: boolean;
  /** How long nobody wrote to them. */
  readonly ageMs: number;
  readonly intervalMs: number;
  /** Only says how many would go. */
  readonly dryRun: boolean;
}

export const NO_UPLOAD_PURGE: UploadPurgeOptions = { enabled: false, ageMs: 0, intervalMs: 0, dryRun: true };

/**
 * Removes uploads that nobody finished: clients die, and their bytes must not lie there for ever. It runs once at the start, because a
 * program that is restarted each night would else never come to it, and then at each interval.
 */
export class UploadPurge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('UploadPurge');
  #running: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  #cancelTimer = (): void => undefined;

  constructor(
    private readonly options: UploadPurgeOptions,
    private readonly sessions: UploadSessions,
    private readonly clock: StorageClock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.enabled) this.#begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer();
    await this.#running;
  }

  #begin(): void {
    this.#running = this.#purgeAndWait();
  }

  async #purgeAndWait(): Promise<void> {
    await this.#purge();
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer = this.clock.setTimer(this.options.intervalMs, () => this.#begin());
  }

  async #purge(): Promise<void> {
    const { ageMs, dryRun } = this.options;
    try {
      const expired = await this.sessions.expire(this.clock.now() - ageMs, dryRun, this.#stop.signal);
      if (expired === 0) return;
      this.#logger.log(
        dryRun
          ? `${expired} abandoned uploads would be removed (dryrun)`
          : `removed ${expired} abandoned uploads`,
      );
    } catch (error) {
      this.#logger.error(
        'abandoned uploads could not be removed',
        error instanceof Error ? error.stack : undefined,
      );
    }
  }
}
