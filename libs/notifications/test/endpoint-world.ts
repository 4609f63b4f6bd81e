import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModuleRef } from '@nestjs/core';
import { Database, type CommitOutcome, type Row, type Value, type WriteBatch } from '@herald/database';
import { BacklogWatch } from '../src/backlog/backlog-watch.js';
import { DeadLetters } from '../src/dead-letters/dead-letters.js';
import type { AttemptResult } from '../src/delivery/attempt.js';
import { Pacer } from '../src/delivery/pacer.js';
import { Jitter } from '../src/delivery/schedule.js';
import { EventLog } from '../src/event-log/event-log.js';
import { UuidEventIds } from '../src/event-log/event-ids.js';
import { ProgressStore } from '../src/event-log/progress-store.js';
import { DeliveryObservers } from '../src/metrics/delivery-observer.js';
import type { EndpointOptions, NotificationsOptions } from '../src/notifications.options.js';
import { Replays } from '../src/replay/replays.js';
import { LogMaintenance } from '../src/retention/log-maintenance.js';
import { Broadcaster } from '../src/sinks/broadcaster.js';
import { EndpointSink } from '../src/sinks/endpoint-sink.js';
import { Transport, type Envelope } from '../src/transports/transport.js';
import { Transports } from '../src/transports/transports.js';
import { ManualClock } from './manual-clock.js';

/** A request that has reached the endpoint and is not answered. */
export interface HeldRequest {
  readonly envelope: Envelope;
  readonly answer: (result: AttemptResult) => void;
}

const NEVER = new Promise<never>(() => undefined);

/** Whoever looks at what the endpoint is sent, and at what is stored. */
export interface Witness {
  posted(envelope: Envelope): void;
  /** Nobody will hear of its answer. */
  abandoned(envelope: Envelope): void;
  /** A batch was committed, and whoever waits for it does not know yet. */
  committed(): Promise<void>;
}

/** Knows what is under way, and comes to nothing once the process is killed. */
class WatchedDatabase extends Database {
  underWay = 0;
  killed = false;

  constructor(
    private readonly inner: Database,
    private readonly witness: Witness,
  ) {
    super();
  }

  override read<R extends Row = Row>(sql: string, params?: readonly Value[]): Promise<readonly R[]> {
    return this.#watch(() => this.inner.read<R>(sql, params));
  }

  override commit(batch: WriteBatch): Promise<CommitOutcome> {
    return this.#watch(async () => {
      const outcome = await this.inner.commit(batch);
      await this.witness.committed();
      return outcome;
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  #watch<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.killed) return NEVER;
    this.underWay += 1;
    return work().then(
      (result) => this.#ended(result),
      (error: unknown) => this.#ended(Promise.reject(error as Error)),
    );
  }

  #ended<Result>(result: Result): Result | Promise<never> {
    this.underWay -= 1;
    return this.killed ? NEVER : result;
  }
}

class WatchedPacer extends Pacer {
  waiting = 0;

  override nextTurn(step: () => void, ofBacklog?: boolean): void {
    this.waiting += 1;
    super.nextTurn(() => {
      this.waiting -= 1;
      step();
    }, ofBacklog);
  }
}

/** Nothing is left to chance. */
class NoJitter extends Jitter {
  override next(): number {
    return 0.5;
  }
}

class HeldTransport extends Transport {
  readonly #held = new Set<HeldRequest>();

  constructor(private readonly world: EndpointWorld) {
    super();
  }

  override post(envelope: Envelope): Promise<AttemptResult> {
    return new Promise((resolve) => {
      const request: HeldRequest = {
        envelope,
        answer: (result) => {
          this.#held.delete(request);
          this.world.held.splice(this.world.held.indexOf(request), 1);
          resolve(result);
        },
      };
      this.#held.add(request);
      this.world.posted(request);
    });
  }

  override close(): void {
    for (const request of this.#held) {
      this.world.witness.abandoned(request.envelope);
      request.answer({ kind: 'abandoned' });
    }
  }
}

class HeldTransports extends Transports {
  constructor(private readonly world: EndpointWorld) {
    super(undefined as never, world.clock, undefined as never);
  }

  override check(): void {}

  override open(): Transport {
    return new HeldTransport(this.world);
  }
}

/** Times 50 ms that something may take which waits for deadlines, and tries what the disk refused again each second. */
const MOST_ROUNDS = 200;

/** Turns after which whoever still works has nothing to work on. */
const MOST_TURNS = 100_000;

/** Turns of the event loop without anything under way after which nothing will come by itself. */
const CALM_TURNS = 4;

/**
 * One life of the process: everything that delivers, over a real database, with the endpoint's answers and the time in somebody's hands.
 * {@link kill} leaves what was committed, or was on its way to be, and nothing else.
 */
export class EndpointWorld {
  readonly held: HeldRequest[] = [];
  readonly database: WatchedDatabase;
  readonly log: EventLog;
  readonly progress: ProgressStore;
  readonly broadcaster: Broadcaster;
  readonly letters: DeadLetters;
  readonly replays: Replays;
  readonly maintenance: LogMaintenance;
  readonly watch: BacklogWatch;
  readonly #pacer: WatchedPacer;

  private constructor(
    database: WatchedDatabase,
    log: EventLog,
    options: NotificationsOptions,
    readonly clock: ManualClock,
    readonly witness: Witness,
  ) {
    this.database = database;
    this.log = log;
    this.progress = new ProgressStore(database, clock);
    this.#pacer = new WatchedPacer(clock, new NoJitter(), { isNear: false });
    const transports = new HeldTransports(this);
    const sink = () =>
      Promise.resolve(new EndpointSink(log, this.progress, transports, this.#pacer, new DeliveryObservers()));
    const modules = { create: sink } as unknown as ModuleRef;
    this.broadcaster = new Broadcaster(options, modules, log, this.progress, transports);
    this.letters = new DeadLetters(database, this.progress, this.broadcaster);
    this.replays = new Replays(database, this.broadcaster, log, clock);
    this.maintenance = new LogMaintenance(options, database, clock, this.broadcaster, this.letters);
    this.watch = new BacklogWatch(database, clock, this.broadcaster);
  }

  static async start(
    inner: Database,
    options: NotificationsOptions,
    startMs: number,
    witness: Witness,
  ): Promise<EndpointWorld> {
    const database = new WatchedDatabase(inner, witness);
    const clock = new ManualClock(startMs);
    const log = await EventLog.open(database, clock, new UuidEventIds());
    const world = new EndpointWorld(database, log, options, clock, witness);
    await world.broadcaster.onModuleInit();
    await world.letters.onModuleInit();
    world.broadcaster.onApplicationBootstrap();
    await world.calm();
    return world;
  }

  /** For the transport: a request has arrived. */
  posted(request: HeldRequest): void {
    if (this.database.killed) return;
    this.held.push(request);
    this.witness.posted(request.envelope);
  }

  /** Resolves when nothing happens any more by itself. */
  async calm(): Promise<void> {
    for (let turns = 0, all = 0; turns < CALM_TURNS; all += 1) {
      if (all === MOST_TURNS) throw new Error('it never rests');
      await nextTurn();
      turns = this.database.underWay === 0 && this.#pacer.waiting === 0 ? turns + 1 : 0;
    }
  }

  async passTime(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.calm();
  }

  /** Resolves with what the work gives, for which time passes: whoever waits for requests that are held waits until a deadline. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    const state = { over: false };
    const ended = work.finally(() => (state.over = true));
    // Whoever awaits it hears of its failure.
    ended.catch(() => undefined);
    await this.calm();
    for (let round = 0; !state.over; round += 1) {
      await this.#moment;
      if (round === MOST_ROUNDS) throw new Error('it waits for ever');
      await this.passTime(50);
    }
    await this.calm();
    return ended;
  }

  #moment: Promise<void> = Promise.resolve();

  /** Time stands still for whoever waits in {@link during}, until this has been done. */
  async atOneMoment(act: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#moment = promise;
    await act().finally(resolve);
  }

  reconfigure(endpoints: readonly EndpointOptions[]) {
    return this.during(this.broadcaster.reconfigure({ endpoints }));
  }

  kill(): void {
    this.database.killed = true;
  }

  /** An orderly end. */
  stop(): Promise<void> {
    return this.during(this.broadcaster.beforeApplicationShutdown());
  }
}
