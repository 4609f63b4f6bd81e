import { DatabaseError, type WriteBatch } from '@herald/database';
import type { AttemptResult } from '../delivery/attempt.js';
import type { Clock } from '../delivery/clock.js';
import type { Dispatcher, Shipment } from '../delivery/dispatcher.js';
import type { Pacer } from '../delivery/pacer.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { EventLog } from '../event-log/event-log.js';
import { LetterBook } from '../dead-letters/letter-book.js';
import { writeProgress, type EndpointProgress } from '../event-log/endpoint-rows.js';
import type { ProgressSource, ProgressStore } from '../event-log/progress-store.js';
import type { DeliveryObserver } from '../metrics/delivery-observer.js';
import type { AttemptCounts, EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';
import { EndpointReplays } from '../replay/endpoint-replays.js';
import { Courier } from './courier.js';
import type { Transport } from '../transports/transport.js';
import { detailOf, type EndpointDetail, type EventStanding } from './endpoint-detail.js';
import { EndpointAnnouncer } from './endpoint-announcer.js';
import { EndpointBacklog, type CutOffLetters } from './endpoint-backlog.js';
import { EndpointOutcomes } from './endpoint-outcomes.js';
import { EndpointReader } from './endpoint-reader.js';
import type { DeliverySettings } from './endpoint-settings.js';
import { EndpointTurns } from './endpoint-turns.js';
import { snapshotOf } from './endpoint-snapshot.js';
import { FailingTime } from './failing-time.js';
import { restoredDispatcher } from './restored-dispatcher.js';
import { UnwrittenEvents } from './unwritten-events.js';
import { storedLanes } from './wall-times.js';

/** What a delivery works with. */
export interface DeliveryTools {
  readonly log: EventLog;
  readonly progress: ProgressStore;
  readonly transport: Transport;
  readonly pacer: Pacer;
  readonly observer: DeliveryObserver;
  readonly counts: AttemptCounts;
  readonly cutOffLetters: CutOffLetters;
}

/** ms until a read of the log that failed is tried again. */
const REREAD_MS = 1_000;

/**
 * Brings the events of the log to one endpoint: reads them, sends what the dispatcher picks, tells it what came of it, and stores how
 * far it has come. Everything it knows can be lost at any moment; the next one goes on from what was stored.
 */
export class EndpointDelivery implements ProgressSource {
  /** What waits for the endpoint, against its bound. */
  readonly backlog: EndpointBacklog;
  readonly #clock: Clock;
  readonly #dispatcher: Dispatcher;
  readonly #reader: EndpointReader;
  readonly #announcer: EndpointAnnouncer;
  readonly #outcomes: EndpointOutcomes;
  /** What is sent again. */
  readonly replays: EndpointReplays;
  readonly #letters = new LetterBook();
  readonly #failing: FailingTime;
  readonly #courier: Courier;
  readonly #unwritten = new UnwrittenEvents();
  readonly #turns: EndpointTurns;
  #stopped = false;

  constructor(
    private readonly settings: DeliverySettings,
    private readonly tools: DeliveryTools,
    progress: EndpointProgress,
  ) {
    const { pacer } = tools;
    this.#clock = pacer.clock;
    this.#failing = new FailingTime(progress.failingMs, progress.paused, this.#clock.monotonic());
    this.#dispatcher = restoredDispatcher(settings, pacer, progress);
    const { lanes } = this.#dispatcher;
    this.#courier = new Courier(settings, { ...tools, clock: this.#clock });
    const { judged, wanted, wantedBytes: bytes, numberBytes } = progress;
    const census = { judged, wanted, bytes };
    this.#reader = new EndpointReader(tools.log, tools.progress, settings, lanes, census, numberBytes);
    const { rows } = lanes;
    const { cutOff } = progress;
    this.backlog = new EndpointBacklog(settings.backlog, rows, this.#reader, cutOff, tools.cutOffLetters);
    const announcer = new EndpointAnnouncer(settings);
    this.#announcer = announcer;
    this.#outcomes = new EndpointOutcomes(
      settings,
      this.#dispatcher,
      {
        clock: this.#clock,
        counts: tools.counts,
        letters: this.#letters,
        failing: this.#failing,
        announcer,
        metrics: () => this.metrics,
      },
      progress.notBeforeMs,
    );
    this.replays = new EndpointReplays(settings, {
      ...tools,
      dispatcher: this.#dispatcher,
      book: this.#letters,
      failingMs: () => this.failingMs,
      moved: () => this.#moved(),
      unreadable: (error) => this.#unreadable(error),
    });
    this.#turns = this.#takeTurns(pacer);
  }

  #takeTurns(pacer: Pacer): EndpointTurns {
    return new EndpointTurns(this.settings, {
      pacer,
      dispatcher: this.#dispatcher,
      reader: this.#reader,
      replays: this.replays,
      outcomes: this.#outcomes,
      unwritten: this.#unwritten,
      backlog: this.backlog,
      start: (shipment) => this.#start(shipment),
      reading: (read) => void this.#afterRead(read),
      changed: (urgent) => this.tools.progress.markChanged(this, urgent),
    });
  }

  /** There may be something to do. */
  wake(): void {
    this.#reader.wake();
    this.#turns.ask();
  }

  /** Sends again to an endpoint that had retired. */
  enable(): void {
    this.#dispatcher.admission.retired = false;
    this.#moved();
  }

  /** Nothing is sent until {@link resume}; what is under way is finished. Events are counted on, and wait. */
  pause(): void {
    const nowMs = this.#clock.monotonic();
    this.#dispatcher.pause(nowMs);
    this.#failing.paused(nowMs);
    this.tools.progress.markChanged(this);
  }

  resume(): void {
    const nowMs = this.#clock.monotonic();
    this.#dispatcher.resume(nowMs);
    this.#failing.resumed(nowMs);
    this.#turns.ask();
  }

  /** ms in which the endpoint took nothing although it was tried, while it was not paused. */
  get failingMs(): number {
    return this.#failing.at(this.#clock.monotonic());
  }

  /** Dead letters of so many events lie there no more: an operator gave them up, or they were kept for as long as is configured. */
  lettersGone(ids: readonly number[], events: number, why: 'operator' | 'age'): void {
    this.#letters.remove(ids);
    this.#dispatcher.lanes.rows.exhume(events, 'given-up');
    if (why === 'age') this.tools.counts.lettersAged(events);
    this.tools.progress.markChanged(this, true);
  }

  /** Starts nothing new; what is under way at the deadline is abandoned, and sent again by the next run. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    this.#turns.stop();
    await this.#courier.stop(deadlineMs);
    this.#dispatcher.lanes.rows.end();
    this.tools.progress.markChanged(this);
  }

  /** Tries now what waits for its next attempt, as far as the endpoint did not ask to be left alone. */
  hurry(): void {
    const { lanes, breaker } = this.#dispatcher;
    breaker.hurry();
    lanes.hurry(this.#clock.monotonic());
    this.#turns.ask();
  }

  standing(record: LogRecord): EventStanding {
    if (!this.#dispatcher.lanes.isPending(this.settings.laneOf(record), record.sequence)) return 'past';
    return this.settings.wants(record) ? 'pending' : 'unwanted';
  }

  get detail(): EndpointDetail {
    return detailOf(this.#dispatcher, this.#clock);
  }

  get metrics(): EndpointMetricsSnapshot {
    const [dispatcher, reader, backlog] = [this.#dispatcher, this.#reader, this.backlog];
    return snapshotOf({
      dispatcher,
      reader,
      backlog,
      counts: this.tools.counts,
      paused: this.#dispatcher.pausedAtMs !== undefined,
    });
  }

  collect(batch: WriteBatch): void {
    this.#unwritten.collected();
    const { lanes, admission } = this.#dispatcher;
    const { judged, wanted, bytes } = this.#reader.census;
    const changes = lanes.rows.changes();
    this.replays.collect(batch);
    writeProgress(batch, this.settings.name, {
      retired: admission.retired,
      failingMs: this.failingMs,
      notBeforeMs: this.#outcomes.notBeforeMs,
      judged,
      wanted,
      wantedBytes: bytes,
      numberBytes: this.#reader.bytesUpTo(changes.position.number),
      lanes: storedLanes(changes, this.#clock, this.#dispatcher.pausedAtMs),
      letters: this.#letters.collect(),
    });
  }

  saved(): void {
    this.#dispatcher.lanes.rows.saved();
    this.#letters.saved();
    this.#unwritten.saved();
    this.replays.saved();
    this.#turns.ask();
  }

  notSaved(): void {
    this.#dispatcher.lanes.rows.notSaved();
    this.#letters.notSaved();
    this.replays.notSaved();
  }

  /** There is something to store, and perhaps to do. */
  #moved(): void {
    // Whoever stops stores everything at the end.
    if (this.#stopped) return;
    this.tools.progress.markChanged(this);
    this.#turns.ask();
  }

  async #afterRead(reading: Promise<boolean>): Promise<void> {
    try {
      if (await reading) this.#moved();
      else this.#turns.ask();
    } catch (error) {
      this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): void {
    const code = error instanceof DatabaseError ? error.code : 'unknown';
    if (this.#stopped || code === 'CLOSED') return;
    this.#announcer.unreadable(code, this.#clock.monotonic());
    this.#clock.setTimer(REREAD_MS, () => this.wake());
  }

  #start(shipment: Shipment): void {
    this.#unwritten.sent(shipment.records.length);
    this.#courier.send(shipment, (result, durationMs) => this.#ended(shipment, result, durationMs));
  }

  #ended(shipment: Shipment, result: AttemptResult, durationMs: number): void {
    this.#unwritten.ended(shipment.records.length, result.kind !== 'abandoned');
    const sender = shipment.replay === undefined ? this.#dispatcher : this.replays;
    const outcome = this.#outcomes.settle(sender, shipment, result);
    if (outcome === undefined) return;
    this.#moved();
    this.#courier.report(shipment, result, outcome, durationMs);
  }
}
