import { Logger } from '@nestjs/common';
import type { WriteBatch } from '@herald/database';
import type { AttemptResult } from '../delivery/attempt.js';
import type { Consequence, Dispatcher, Shipment } from '../delivery/dispatcher.js';
import type { Outcome } from '../delivery/outcome.js';
import type { Pacer } from '../delivery/pacer.js';
import type { LetterBook } from '../dead-letters/letter-book.js';
import type { EventLog } from '../event-log/event-log.js';
import type { ProgressStore } from '../event-log/progress-store.js';
import type { DeliverySettings } from '../sinks/endpoint-settings.js';
import { ReplayRun } from './replay-run.js';
import { writeReplayProgress } from './replay-rows.js';
import type { ReplayJob } from './replay-job.js';

/** What replays work with, of the delivery that they are part of. */
export interface ReplayTools {
  readonly log: EventLog;
  readonly progress: Pick<ProgressStore, 'replays'>;
  readonly pacer: Pacer;
  readonly dispatcher: Dispatcher;
  readonly book: LetterBook;
  /** ms in which the endpoint took nothing although it was tried. */
  readonly failingMs: () => number;
  /** There is something to store, and perhaps to do. */
  readonly moved: () => void;
  /** The database could not be read. */
  readonly unreadable: (error: unknown) => void;
}

/**
 * What is sent again to one endpoint, one job after another in the order in which they were asked for. Live events come first: a replay
 * is asked for a request only when they leave one, and never reads past what live delivery is done with.
 */
export class EndpointReplays {
  readonly #logger = new Logger('Replays');
  #run: ReplayRun | undefined;
  /** There may be a job that is not known yet. */
  #asked = true;
  #looking = false;
  #storing: ReplayRun | undefined;

  constructor(
    private readonly settings: DeliverySettings,
    private readonly tools: ReplayTools,
  ) {}

  /** A job is being sent, or waits until it can be. */
  get underWay(): boolean {
    return this.#run !== undefined;
  }

  /** A job was asked for. */
  ask(): void {
    this.#asked = true;
    this.tools.moved();
  }

  /**
   * A job was cancelled: nothing more of it is sent. What is in flight is finished, and counted.
   *
   * @returns whether it was under way: its letters are freed when it has ended
   */
  cancel(id: string): boolean {
    if (this.#run?.job.id !== id) return false;
    this.#run.end({ state: 'cancelled' });
    this.tools.moved();
    return true;
  }

  /**
   * One turn: looks for a job, or starts one read and gives one request.
   *
   * @param free live events leave a request now
   */
  next(nowMs: number, free: boolean): Shipment | undefined {
    const run = this.#run;
    if (run === undefined) {
      this.#look();
      return undefined;
    }
    // Whoever asks for another turn in each turn never lets the process rest.
    if (this.#isHopeless(run) && run.end({ state: 'failed', failure: 'endpoint-failing' }))
      this.tools.moved();
    if (!free) return undefined;
    const reading = run.read(this.tools.dispatcher.lanes.cursor);
    if (reading !== undefined) void this.#afterRead(reading);
    // A probe carries a live event, if there is one.
    const probing = this.tools.dispatcher.breaker.name !== 'closed';
    return probing && this.tools.dispatcher.lanes.rows.undone > 0 ? undefined : run.next(nowMs);
  }

  nextWakeMs(nowMs: number): number {
    return this.#run?.nextWakeMs(nowMs) ?? Number.POSITIVE_INFINITY;
  }

  settle(shipment: Shipment, result: AttemptResult, outcome: Outcome, nowMs: number): Consequence {
    const health = this.#run?.settle(shipment, result, outcome, nowMs) ?? 'same';
    if (health === 'recovered') this.tools.dispatcher.lanes.hasten(nowMs);
    return { letters: [], health };
  }

  collect(batch: WriteBatch): void {
    const run = this.#run;
    if (run === undefined) return;
    writeReplayProgress(batch, run.job.id, run.progress(this.tools.pacer.clock.now()));
    this.#storing = run.ended === undefined ? undefined : run;
  }

  saved(): void {
    const ended = this.#storing;
    this.#storing = undefined;
    if (ended === undefined) return;
    this.#tell(ended);
    this.#run = undefined;
    this.ask();
  }

  notSaved(): void {
    this.#storing = undefined;
  }

  /** As long as it takes for live events to become dead letters, of which the job had its share. */
  #isHopeless({ job }: ReplayRun): boolean {
    const { maxAgeMs } = this.settings;
    return this.tools.failingMs() >= maxAgeMs && this.tools.pacer.clock.now() - job.createdAtMs >= maxAgeMs;
  }

  #look(): void {
    if (!this.#asked || this.#looking) return;
    this.#asked = false;
    this.#looking = true;
    void this.#open();
  }

  async #open(): Promise<void> {
    try {
      const job = await this.tools.progress.replays.next(this.settings.name);
      if (job !== undefined) this.#run = this.#start(job);
    } catch (error) {
      this.#asked = true;
      this.tools.unreadable(error);
      return;
    } finally {
      this.#looking = false;
    }
    if (this.#run !== undefined) this.tools.moved();
  }

  #start(job: ReplayJob): ReplayRun {
    const { log, progress, dispatcher, pacer, book } = this.tools;
    const { wants, carries, timeoutMs } = this.settings;
    const { clock } = pacer;
    const schedules = pacer.schedules(this.settings);
    const source = progress.replays.source(job, { log, wants, carries });
    const ledger = { book, rows: dispatcher.lanes.rows, now: () => clock.now() };
    return new ReplayRun(
      job,
      { ...this.settings, quickMs: timeoutMs / 2 },
      { source, admission: dispatcher.admission, schedules, ledger },
      clock.monotonic(),
    );
  }

  async #afterRead(reading: Promise<void>): Promise<void> {
    try {
      await reading;
      this.tools.moved();
    } catch (error) {
      this.tools.unreadable(error);
    }
  }

  #tell(run: ReplayRun): void {
    const { name, origin } = this.settings;
    const { sent, failed, gone, state, failure } = run.progress(0);
    const counts = `${sent} events sent, ${failed} not taken, ${gone} not there any more`;
    const line = `endpoint ${name} (${origin}): replay ${run.job.id} is ${state}: ${counts}`;
    const fields = { endpoint: name, replay: run.job.id };
    if (failed > 0 || failure !== undefined)
      this.#logger.warn(failure === undefined ? line : `${line} (${failure})`, fields);
    else this.#logger.log(line, fields);
  }
}
