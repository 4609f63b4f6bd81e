import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Database, DatabaseError, Disk } from '@herald/database';
import { Clock } from '../delivery/clock.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { NOTIFICATIONS_OPTIONS } from '../notifications.module-definition.js';
import type { NotificationsOptions } from '../notifications.options.js';
import { Broadcaster } from '../sinks/broadcaster.js';
import { Retention, type RetentionLimits } from './retention.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long everything is kept of an endpoint that is not configured any more. */
const DETACHED_MS = 7 * 24 * HOUR_MS;

/** Dead letters that one batch removes. */
const LETTERS_SLICE = 500;

const DEFAULT_LIMITS: RetentionLimits = { ageMs: 168 * HOUR_MS, sizeBytes: 2 ** 30 };

/**
 * Keeps the log from growing for ever: at the start and every hour it forgets endpoints that were detached long ago, makes dead letters
 * of what endpoints that keep failing did not take in time, gives up dead letters that are too old, and removes what is kept for nobody.
 * Each loss is announced.
 */
@Injectable()
export class LogMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('LogMaintenance');
  readonly #retention: Retention;
  readonly #limits: RetentionLimits;
  readonly #deadLetterAgeMs: number;
  #stopped = false;
  #underWay: Promise<void> = Promise.resolve();
  /** Two runs at once would count what they remove twice. */
  #last: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #detach: (() => void) | undefined;

  constructor(
    @Inject(NOTIFICATIONS_OPTIONS) { retention }: NotificationsOptions,
    database: Database,
    private readonly clock: Clock,
    private readonly broadcaster: Broadcaster,
    private readonly letters: DeadLetters,
    @Optional() @Inject(Disk) private readonly disk?: Disk,
  ) {
    this.#retention = new Retention(database);
    this.#limits = {
      ageMs: retention?.ageMs ?? DEFAULT_LIMITS.ageMs,
      sizeBytes: retention?.sizeBytes ?? DEFAULT_LIMITS.sizeBytes,
    };
    this.#deadLetterAgeMs = retention?.deadLetterAgeMs ?? 0;
  }

  onApplicationBootstrap(): void {
    this.#underWay = this.#turn();
    this.#detach = this.disk?.onChange((state) => {
      if (state === 'low' || state === 'full') this.#hurry();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#detach?.();
    this.#cancelTimer?.();
    await this.#underWay;
  }

  /** What may be forgotten is forgotten now: the room is needed. */
  #hurry(): void {
    this.#cancelTimer?.();
    this.#underWay = this.#underWay.then(() => (this.#stopped ? undefined : this.#turn()));
  }

  async #turn(): Promise<void> {
    this.#cancelTimer?.();
    try {
      await this.run();
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : 'unknown';
      if (!this.#stopped)
        this.#logger.error(
          `the event log could not be maintained (${code}); trying again in ${this.#pauseMs / MINUTE_MS} minutes`,
        );
    }
    if (this.#stopped) return;
    this.#cancelTimer = this.clock.setTimer(this.#pauseMs, () => {
      this.#underWay = this.#turn();
    });
  }

  get #pauseMs(): number {
    return this.disk?.refusal === undefined ? HOUR_MS : MINUTE_MS;
  }

  /** All that is to be done now, after what is under way. @throws DatabaseError */
  run(): Promise<void> {
    const next = this.#last.then(() => this.#maintain());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #maintain(): Promise<void> {
    await this.#forget();
    await this.#expire();
    await this.#giveUp();
    await this.#retain();
  }

  async #forget(): Promise<void> {
    for (const { name, deadLetters } of await this.broadcaster.forgetDetached(DETACHED_MS)) {
      this.#logger.warn(
        `endpoint ${name} was not configured for 7 days: it is forgotten, with what it had not got and ${deadLetters} dead letters`,
        { endpoint: name },
      );
    }
  }

  async #expire(): Promise<void> {
    for (const sink of this.broadcaster.endpoints) {
      const expired = this.#stopped ? undefined : await sink.expire();
      if (expired === undefined) continue;
      const { count, firstSequence, lastSequence } = expired;
      this.#logger.warn(
        `endpoint ${sink.name} (${sink.origin}) took nothing for too long: ${count} events are one dead letter (${firstSequence} to ${lastSequence})`,
        { endpoint: sink.name },
      );
    }
  }

  /** Dead letters that are older than the configured age, an endpoint after the other, in slices. */
  async #giveUp(): Promise<void> {
    if (this.#deadLetterAgeMs === 0) return;
    const beforeMs = this.clock.now() - this.#deadLetterAgeMs;
    for (const { name, origin } of this.broadcaster.endpoints) {
      let events = 0;
      for (let slice = LETTERS_SLICE; slice === LETTERS_SLICE && !this.#stopped; await nextTurn()) {
        const removed = await this.letters.removeOlder(name, beforeMs, LETTERS_SLICE);
        slice = removed.letters;
        events += removed.events;
      }
      if (events === 0) continue;
      this.#logger.warn(
        `endpoint ${name} (${origin}): ${events} events were dead letters for longer than retention.deadletters allows, and are given up`,
        { endpoint: name, events },
      );
    }
  }

  async #retain(): Promise<void> {
    const run = await this.#retention.run(this.#limits, this.clock.now(), () => this.#stopped);
    const { removed, sizeBytes, missedBy, heldBy } = run;
    if (removed > 0) {
      this.#logger.log(
        `removed ${removed} events from the log, which no endpoint waits for: ${sizeBytes} bytes are left`,
      );
    }
    for (const endpoint of missedBy) {
      this.#logger.warn(
        `endpoint ${endpoint} was cut off from events that the log has no more: of its dead letters, what came before the others cannot be sent to it again`,
        { endpoint },
      );
    }
    if (heldBy !== undefined) {
      this.#logger.warn(
        `the log has ${sizeBytes} bytes of events, more than it should: endpoint ${heldBy} has still to receive the oldest, or has it as a dead letter`,
        { endpoint: heldBy },
      );
    }
  }
}
