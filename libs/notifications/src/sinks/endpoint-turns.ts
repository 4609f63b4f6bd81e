import type { Dispatcher, Shipment } from '../delivery/dispatcher.js';
import type { Pacer } from '../delivery/pacer.js';
import type { EndpointReplays } from '../replay/endpoint-replays.js';
import type { EndpointBacklog } from './endpoint-backlog.js';
import type { EndpointOutcomes } from './endpoint-outcomes.js';
import type { EndpointReader } from './endpoint-reader.js';
import type { DeliverySettings } from './endpoint-settings.js';
import type { UnwrittenEvents } from './unwritten-events.js';

/**
 * Requests of single events that a turn starts at most, and ms after which it starts no more. One a turn would go round the event loop,
 * and wake the receiver, for each event.
 */
const MOST_STARTED = 8;
const MOST_STARTING_MS = 0.5;

/** More events than a turn can start are a backlog: those may wait for clients. */
const BACKLOG = MOST_STARTED + 1;

/** For so much larger envelopes than the next is read once some were taken: six answers grow them so far, and those of a slow endpoint come together. */
const READ_AHEAD = 64;

/** What an endpoint's turns work with. */
export interface TurnTools {
  readonly pacer: Pacer;
  readonly dispatcher: Dispatcher;
  readonly reader: EndpointReader;
  readonly replays: EndpointReplays;
  readonly outcomes: EndpointOutcomes;
  readonly unwritten: UnwrittenEvents;
  readonly backlog: EndpointBacklog;
  /** Sends a request. */
  readonly start: (shipment: Shipment) => void;
  /** A read is under way. */
  readonly reading: (read: Promise<boolean>) => void;
  /** There is something to store, at once where it is urgent. */
  readonly changed: (urgent: boolean) => void;
}

/** What an endpoint does with the turns of the event loop that it is given: it reads its events, and starts requests. */
export class EndpointTurns {
  #asked = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly settings: DeliverySettings,
    private readonly tools: TurnTools,
  ) {}

  /** There may be something to do. */
  ask(): void {
    if (this.#asked || this.#stopped) return;
    this.#asked = true;
    this.tools.pacer.nextTurn(() => this.#step(), this.#isBehind);
  }

  /** Nothing more is read or started. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** One turn: at most one read is started, and one envelope or a few single events. */
  #step(): void {
    this.#asked = false;
    if (this.#stopped) return;
    const { dispatcher, pacer } = this.tools;
    const nowMs = pacer.clock.monotonic();
    dispatcher.lanes.wake(nowMs);
    dispatcher.lanes.intake.widen(this.#useful);
    const sending = this.#maySend(nowMs);
    const lacking = this.#isLacking;
    if (lacking) this.#read(sending);
    if (sending && this.#startSome(nowMs)) this.ask();
    else {
      // Pages for later are read while nothing can be started: what lies ready need not wait for them.
      if (!lacking) this.#read(sending);
      this.#leftOver(sending, nowMs);
    }
    if (dispatcher.lanes.intake.needsSaving) this.tools.changed(true);
    this.#setTimer(this.#nextWakeMs(nowMs) - nowMs);
  }

  /** The next envelope cannot be filled by what is in memory, or a lane waits to be loaded. */
  get #isLacking(): boolean {
    const { lanes, envelopeSize } = this.tools.dispatcher;
    return lanes.intake.hasDue || !lanes.hasReady(envelopeSize);
  }

  #read(sending: boolean): void {
    const { reader, backlog } = this.tools;
    // Of what a disabled endpoint does not want nothing is kept: it is read past.
    const read = reader.read(sending || backlog.cutOff === 'disabled');
    if (read !== undefined) this.tools.reading(read);
  }

  /** There is more to do than what happens now: a backlog, or a replay. */
  get #isBehind(): boolean {
    const { dispatcher, reader, replays } = this.tools;
    return dispatcher.lanes.hasReady(BACKLOG) || reader.lastRead >= BACKLOG || replays.underWay;
  }

  /** Records that can be of use at once: for the requests in flight, and for those after them. */
  get #useful(): number {
    const { envelope, concurrency } = this.settings;
    const { envelopeSize } = this.tools.dispatcher;
    const larger = envelopeSize === 1 ? 1 : Math.min(envelopeSize * READ_AHEAD, envelope.events);
    return larger * concurrency * 2;
  }

  /** Starts what may be sent now, within what a turn may take. False when that is nothing. */
  #startSome(nowMs: number): boolean {
    const { dispatcher, unwritten, pacer } = this.tools;
    for (let started = 0; started < MOST_STARTED; started += 1) {
      const shipment = this.#filling || unwritten.full ? undefined : dispatcher.next(nowMs);
      if (shipment === undefined) return started > 0;
      this.tools.start(shipment);
      if (shipment.records.length > 1 || pacer.clock.monotonic() - nowMs >= MOST_STARTING_MS) break;
    }
    return true;
  }

  /** Live events leave this turn: replays have it. */
  #leftOver(sending: boolean, nowMs: number): void {
    const { dispatcher, reader, replays, outcomes } = this.tools;
    const done = sending && reader.atEnd;
    if (done && outcomes.take(dispatcher.conclude(), nowMs)) this.tools.changed(false);
    const replayed = replays.next(nowMs, done && !dispatcher.lanes.hasReady(1));
    if (replayed === undefined) return;
    this.tools.start(replayed);
    this.ask();
  }

  #maySend(nowMs: number): boolean {
    const { dispatcher, unwritten } = this.tools;
    return this.#mayAtAll && dispatcher.admission.wants(nowMs) && !unwritten.full;
  }

  /** What is being read fills the next envelope, within this turn. */
  get #filling(): boolean {
    const { dispatcher, reader } = this.tools;
    return reader.reading && !dispatcher.lanes.hasReady(dispatcher.envelopeSize);
  }

  #nextWakeMs(nowMs: number): number {
    if (!this.#mayAtAll) return Number.POSITIVE_INFINITY;
    const { dispatcher, replays } = this.tools;
    return Math.min(dispatcher.nextWakeMs(nowMs), replays.nextWakeMs(nowMs));
  }

  get #mayAtAll(): boolean {
    const { dispatcher, backlog } = this.tools;
    return dispatcher.pausedAtMs === undefined && backlog.cutOff === undefined;
  }

  #setTimer(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = Number.isFinite(delayMs)
      ? this.tools.pacer.clock.setTimer(delayMs, () => this.ask())
      : undefined;
  }
}
