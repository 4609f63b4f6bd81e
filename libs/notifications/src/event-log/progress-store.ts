import { Injectable, Logger } from '@nestjs/common';
import { Database, DatabaseError, WriteBatch } from '@herald/database';
import { NotificationsError } from '../notifications.error.js';
import { Clock } from '../delivery/clock.js';
import type { NumberedRecord } from '../delivery/lane.js';
import type { LoadRequest } from '../delivery/lane-intake.js';
import { forgetDetached, readDetached, storePause, type DetachedEndpoint } from './endpoint-states.js';
import { cutOff, endCutOff, type CutOffEvents } from '../backlog/cut-off.js';
import { disable } from '../backlog/disable.js';
import { expire, type Expired, type ExpiryTerms } from '../retention/expiry.js';
import { ReplayStore } from '../replay/replay-store.js';
import type { EventLog } from './event-log.js';
import {
  readBacklog,
  readProgress,
  readUndone,
  type EndpointProgress,
  type UndoneRecord,
} from './endpoint-rows.js';
import { reconcileEndpoints, type EndpointIdentity, type Reconciled } from './reconcile-endpoints.js';

/** Somebody whose progress is to be stored. After each `collect` exactly one of the others is called. */
export interface ProgressSource {
  /** Adds to the batch what changed since the last time. */
  collect(batch: WriteBatch): void;
  saved(): void;
  notSaved(): void;
}

/** ms from a change to the batch that stores it: with the commit and a second flush this stays below 100. */
const FLUSH_MS = 40;

/** ms after which a flush that failed is tried again. */
const RETRY_MS = 1_000;

/** Databases in which a store of this process has the endpoints. */
const CLAIMED = new WeakSet<Database>();

/**
 * Stores how far the endpoints have come, the changes of all of them in one write batch. A cursor that is stored late only repeats
 * events after a crash, so nobody waits for it.
 */
@Injectable()
export class ProgressStore {
  readonly #logger = new Logger('ProgressStore');
  /** The replays of the endpoints. */
  readonly replays: ReplayStore;
  readonly #changed = new Set<ProgressSource>();
  #cancelTimer: (() => void) | undefined;
  #underWay: Promise<void> | undefined;
  #failing = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.replays = new ReplayStore(database);
  }

  /** True while progress cannot be stored. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * The endpoints in this database are this store's until {@link release}. Another one would take those that it does not know for ones
   * that are configured no more.
   *
   * @throws NotificationsError `OPTIONS_INVALID` when they are another's
   */
  claim(): void {
    if (CLAIMED.has(this.database)) {
      throw new NotificationsError(
        'OPTIONS_INVALID',
        'notifications are set up twice over one database: call NotificationsModule.forRoot once, with all endpoints, and use its providers in every module',
      );
    }
    CLAIMED.add(this.database);
  }

  release(): void {
    CLAIMED.delete(this.database);
  }

  /** The source has changes: they are stored within some tens of ms, or with the next batch when it is `urgent`. */
  markChanged(source: ProgressSource, urgent = false): void {
    this.#changed.add(source);
    if (urgent && !this.#failing) this.#flushSoon(0);
    else this.#schedule(this.#failing ? RETRY_MS : FLUSH_MS);
  }

  /** Stores what has changed. Resolves when that is durable, or could not be done (it is tried again then). */
  async flush(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
    if (this.#changed.size === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#underWay = this.#commit().finally(() => (this.#underWay = undefined));
    await this.#underWay;
  }

  /** Brings the stored endpoints in line with the configuration; see `reconcileEndpoints`. */
  reconcile(endpoints: readonly EndpointIdentity[], disabled: readonly string[]): Promise<Reconciled> {
    return reconcileEndpoints(this.database, endpoints, disabled, this.clock.now());
  }

  /** Resolves when what the source had to store is durable, however long the disk refuses; at once when the database is closed. */
  async stored(source: ProgressSource): Promise<void> {
    for (;;) {
      await this.flush();
      if (!this.#changed.has(source)) return;
      await new Promise<void>((resolve) => this.clock.setTimer(RETRY_MS, resolve));
    }
  }

  /** Stores that an operator paused an endpoint, or resumed it. Durable when it resolves. @throws DatabaseError */
  storePause(endpoint: string, paused: boolean): Promise<void> {
    return storePause(this.database, endpoint, paused ? this.clock.now() : null);
  }

  detached(): Promise<readonly DetachedEndpoint[]> {
    return readDetached(this.database);
  }

  /** Forgets what was detached longer ago than that. @returns what was forgotten @throws DatabaseError */
  async forget(detachedForMs: number): Promise<readonly DetachedEndpoint[]> {
    const forgotten: DetachedEndpoint[] = [];
    for (const endpoint of await this.detached()) {
      if (endpoint.detachedAtMs > this.clock.now() - detachedForMs) continue;
      if (await forgetDetached(this.database, endpoint)) forgotten.push(endpoint);
    }
    return forgotten;
  }

  /** Makes a dead letter of what an endpoint has not got and that is older than that; see `expire`. @throws DatabaseError */
  expire(
    log: EventLog,
    olderThanMs: number,
    endpoint: Pick<ExpiryTerms, 'endpoint' | 'wants'>,
  ): Promise<Expired | undefined> {
    const nowMs = this.clock.now();
    return expire(this.database, log, { ...endpoint, nowMs, beforeMs: nowMs - olderThanMs });
  }

  /** Makes a dead letter of all that an endpoint has not got, because too much waits for it; see `cutOff`. @throws DatabaseError */
  overflow(endpoint: string): Promise<CutOffEvents | undefined> {
    return cutOff(this.database, endpoint, 'overflow', this.clock.now());
  }

  /** The same for what came since, and then the end of it: what comes from now on is delivered again. @throws DatabaseError */
  async endOverflow(endpoint: string): Promise<void> {
    await this.overflow(endpoint);
    await endCutOff(this.database, endpoint, 0);
  }

  /** Makes a dead letter of all that an endpoint has not got, and keeps nothing for it from now on; see `disable`. @throws DatabaseError */
  disable(
    log: EventLog,
    endpoint: Pick<ExpiryTerms, 'endpoint' | 'wants'>,
  ): Promise<CutOffEvents | undefined> {
    return disable(this.database, log, endpoint, this.clock.now());
  }

  /** What comes after the end of the log is delivered again. @throws DatabaseError */
  async endDisabled(log: EventLog, endpoint: string): Promise<void> {
    await endCutOff(this.database, endpoint, await log.head());
  }

  read(endpoint: string): Promise<EndpointProgress | undefined> {
    return readProgress(this.database, endpoint);
  }

  readBacklog(
    endpoint: string,
    request: LoadRequest,
    limit: number,
    wants: (record: NumberedRecord['record']) => boolean,
  ): Promise<readonly NumberedRecord[]> {
    return readBacklog(this.database, endpoint, request, limit, wants);
  }

  /** Events that the endpoint's cursor has passed and that it has not got; see `readUndone`. @throws DatabaseError */
  readUndone(
    endpoint: string,
    after: { readonly lane: string; readonly sequence: number },
    limit: number,
  ): Promise<readonly UndoneRecord[]> {
    return readUndone(this.database, endpoint, after, limit);
  }

  async #commit(): Promise<void> {
    const sources = [...this.#changed];
    this.#changed.clear();
    const batch = new WriteBatch('progress');
    for (const source of sources) source.collect(batch);
    try {
      await this.database.commit(batch);
    } catch (error) {
      for (const source of sources) source.notSaved();
      this.#fail(error, sources);
      return;
    }
    for (const source of sources) source.saved();
    if (this.#failing) this.#logger.log('the progress of the endpoints is stored again');
    this.#failing = false;
  }

  #fail(error: unknown, sources: readonly ProgressSource[]): void {
    const code = error instanceof DatabaseError ? error.code : 'unknown';
    if (!this.#failing) {
      this.#logger.error(
        `the progress of the endpoints cannot be stored (${code}): a crash now would repeat events`,
      );
    }
    this.#failing = true;
    if (code === 'CLOSED') return;
    for (const source of sources) this.#changed.add(source);
    this.#schedule(RETRY_MS);
  }

  #flushSoon(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer ??= this.clock.setTimer(delayMs, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }
}
