import { Injectable } from '@nestjs/common';
import type { AttemptResult } from '../delivery/attempt.js';
import { outcomeOf, type Outcome } from '../delivery/outcome.js';
import { Pacer } from '../delivery/pacer.js';
import type { CutOffEvents } from '../backlog/cut-off.js';
import type { EndpointProgress } from '../event-log/endpoint-rows.js';
import { EventLog } from '../event-log/event-log.js';
import { ProgressStore } from '../event-log/progress-store.js';
import type { Filter } from '../event/filter.js';
import type { LogRecord } from '../event-log/log-record.js';
import { DeliveryObserver } from '../metrics/delivery-observer.js';
import {
  AttemptCounts,
  type BacklogView,
  type EndpointMetricsSnapshot,
} from '../metrics/endpoint-metrics.js';
import type { Expired } from '../retention/expiry.js';
import type { Transport, Envelope } from '../transports/transport.js';
import { Transports } from '../transports/transports.js';
import type { SigningKey } from '../signing/signing-key.js';
import type { CutOffLetters } from './endpoint-backlog.js';
import { EndpointDelivery } from './endpoint-delivery.js';
import type { EndpointDetail, EventStanding } from './endpoint-detail.js';
import type { EndpointSettings } from './endpoint-settings.js';
import { judgeAgain } from './filter-change.js';
import { Sink } from './sink.js';
import { Suspension } from './suspension.js';

/** How a request that tells of nothing ended. */
export interface TestDelivery {
  readonly result: AttemptResult;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

/**
 * An endpoint as a sink, of whatever type: its events are sent in the order of their lanes, and sent again until they are taken, over any
 * restart. The broadcaster makes one for each endpoint and opens it.
 */
@Injectable()
export class EndpointSink extends Sink {
  #delivery: EndpointDelivery | undefined;
  #transport: Transport | undefined;
  #settings: EndpointSettings | undefined;
  #wants: EndpointSettings['wants'] = wantsNothing;
  readonly #counts = new AttemptCounts();
  #stopped = false;
  readonly #cutOffLetters: CutOffLetters = { events: 0 };
  readonly #suspension = new Suspension();
  /** Resolves when what was under way at the last interruption has ended, and is durable. */
  #halted: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
    private readonly transports: Transports,
    private readonly pacer: Pacer,
    private readonly observer: DeliveryObserver,
  ) {
    super();
  }

  override get name(): string {
    return this.#settings?.name ?? '';
  }

  /** Scheme and host of the endpoint: what may be shown of its URL. */
  get origin(): string {
    return this.#settings?.origin ?? '';
  }

  /** What its requests are signed with. */
  get signingKeys(): readonly SigningKey[] {
    return this.#settings?.type === 'webhook' ? this.#settings.signingKeys : [];
  }

  /** Whether the endpoint is to be sent an event; none while it is disabled. */
  get wants(): EndpointSettings['wants'] {
    return this.#wants;
  }

  /** How the endpoint fares at this moment. */
  get metrics(): EndpointMetricsSnapshot {
    const handshake = this.#transport?.handshake;
    return { ...this.#opened.metrics, ...(handshake !== undefined && { handshake }) };
  }

  /** What an operator wants to know beside the metrics. */
  get detail(): EndpointDetail {
    return this.#opened.detail;
  }

  /** What has become of an event of the log. */
  standing(record: LogRecord): EventStanding {
    return this.#opened.standing(record);
  }

  /** Tries now what waits for its next attempt; only what the endpoint itself asked for (`Retry-After`) is kept to. */
  hurry(): void {
    this.#suspension.whenRunning(() => this.#opened.hurry());
  }

  /** Goes on where the endpoint stands: before anything else, and after {@link interrupt}, perhaps under other settings. */
  open(settings: EndpointSettings, progress: EndpointProgress): void {
    this.#settings = settings;
    this.#delivery = this.#deliver(settings, progress);
    this.#suspension.end();
  }

  /**
   * Sends nothing more until {@link open}: requests under way finish within the endpoint's timeout or are abandoned, and where it stands is
   * durable when this resolves. Whatever is asked of the sink meanwhile is done then.
   */
  async interrupt(): Promise<void> {
    await this.#suspension.settled();
    await this.#halt();
  }

  /** What another filter would mean for what the endpoint has not got. Only while it is interrupted. @throws DatabaseError */
  async judgeAgain(after: Filter): Promise<{ readonly released: number; readonly gained: number }> {
    const { name, wants: before, log, progress, pacer } = this;
    const stored = await progress.read(name);
    const yields = () => new Promise<void>((resolve) => pacer.nextTurn(resolve));
    const change = { endpoint: name, cursor: stored?.position.cursor ?? 0, before, after };
    return judgeAgain(change, { log, progress, yields });
  }

  /** Somebody may have moved what the endpoint writes to. */
  reopen(): void {
    this.#transport?.reopen();
  }

  override wake(): void {
    this.#opened.wake();
  }

  /**
   * Sends again to an endpoint that retired itself by answering 410, that is disabled, or whose backlog reached its bound: to the latter
   * two what comes from now on; what they have not got stays a dead letter.
   *
   * @throws DatabaseError
   */
  async enable(): Promise<void> {
    await this.#suspension.settled();
    const { name, log, progress } = this;
    const { cutOff } = this.#opened.backlog;
    if (cutOff === 'overflowed') await this.#apart(() => progress.endOverflow(name));
    if (cutOff === 'disabled') await this.#apart(() => progress.endDisabled(log, name));
    this.#suspension.whenRunning(() => this.#opened.enable());
  }

  /**
   * Sends nothing and keeps nothing for the endpoint until {@link enable}, over restarts and changes of its settings. What it has not got
   * becomes one dead letter.
   *
   * @returns what became that, undefined when nothing was pending
   * @throws DatabaseError
   */
  async disable(): Promise<CutOffEvents | undefined> {
    await this.#suspension.settled();
    if (this.#opened.backlog.cutOff === 'disabled') return undefined;
    const { name: endpoint, wants } = this.settings;
    const added = await this.#apart(() => this.progress.disable(this.log, { endpoint, wants }));
    this.#cutOffLetters.events += added?.count ?? 0;
    return added;
  }

  /** Whether changes with this event are refused, because too much waits for the endpoint already. */
  refuses(record: LogRecord): boolean {
    return this.#settings?.backlog.onLimit === 'refuse' && this.wants(record) && this.backlog.refusing;
  }

  /** What waits for the endpoint, against its bound. */
  get backlog(): BacklogView {
    return this.#opened.backlog.view;
  }

  /** So many events lie in dead letters from which the endpoint was cut off. */
  set cutOffEvents(events: number) {
    this.#cutOffLetters.events = events;
  }

  /**
   * Keeps the endpoint within its bound: stops it when that is reached and it is to pay for it, and adds what came since to the dead
   * letter of an endpoint that is stopped already.
   *
   * @returns what became a dead letter by this; `stopped` when the endpoint was stopped by it
   * @throws DatabaseError
   */
  async keepWithinBound(): Promise<{ readonly stopped: boolean; readonly added?: CutOffEvents } | undefined> {
    const { backlog } = this.#opened;
    if (this.#stopped || this.#suspension.active) return undefined;
    const { cutOff, pending } = backlog;
    if (cutOff === 'disabled') return undefined;
    const overflowed = cutOff === 'overflowed';
    const due = overflowed
      ? pending > 0
      : this.settings.backlog.onLimit === 'detach' && backlog.view.share >= 1;
    if (!due) return undefined;
    const added = await this.#apart(() => this.progress.overflow(this.name));
    this.#cutOffLetters.events += added?.count ?? 0;
    return { stopped: !overflowed, ...(added !== undefined && { added }) };
  }

  /** Sends nothing until {@link resume}: see `Broadcaster.pause`, which makes it durable. */
  pause(): void {
    this.#suspension.whenRunning(() => this.#opened.pause());
  }

  resume(): void {
    this.#suspension.whenRunning(() => this.#opened.resume());
  }

  /** See `EndpointDelivery.lettersGone`. */
  lettersGone(ids: readonly number[], events: number, why: 'operator' | 'age'): void {
    this.#suspension.whenRunning(() => this.#opened.lettersGone(ids, events, why));
  }

  /** A replay was asked for. */
  replayAsked(): void {
    this.#suspension.whenRunning(() => this.#opened.replays.ask());
  }

  /**
   * A replay was cancelled, durably: nothing more of it is sent.
   *
   * @returns whether it was under way: its letters are free when this resolves, or when what is in flight of it has ended. False not
   * before whoever is being interrupted has nothing of it in flight any more
   */
  async replayCancelled(id: string): Promise<boolean> {
    await this.#halted;
    // Whoever delivers after an interruption does not find the job any more.
    if (this.#suspension.active || !this.#opened.replays.cancel(id)) return false;
    await this.progress.flush();
    return true;
  }

  /**
   * Tries the endpoint with a request that tells of nothing: an event `herald.test`, or, in Distribution's formats, an envelope without
   * events. It is not in the log, has no number, is not tried again and counts for nothing.
   */
  test(record: LogRecord): Promise<TestDelivery> {
    return this.#post({ records: [record], test: true });
  }

  async #post(envelope: Omit<Envelope, 'log' | 'sequences'>): Promise<TestDelivery> {
    const { maxRetryAfterMs, redirects } = this.settings;
    const { clock } = this.pacer;
    const startedMs = clock.monotonic();
    const posted = this.#transport?.post({ ...envelope, log: this.log.uuid, sequences: [] });
    const result: AttemptResult = (await posted) ?? { kind: 'abandoned' };
    const outcome = outcomeOf(result, 1, { nowMs: clock.now(), maxRetryAfterMs, redirects });
    return { result, outcome, durationMs: clock.monotonic() - startedMs };
  }

  /** What it was opened with. */
  get settings(): EndpointSettings {
    if (this.#settings === undefined) throw new Error('the sink was not opened');
    return this.#settings;
  }

  /**
   * When the endpoint has taken nothing for as long as its events may grow old, in time in which it was tried: makes one dead letter of
   * those that did. Deliveries stop meanwhile and go on from what is stored then.
   *
   * @throws DatabaseError
   */
  async expire(): Promise<Expired | undefined> {
    const { metrics, failingMs } = this.#opened;
    const settings = this.#settings;
    if (settings === undefined || this.#stopped || this.#suspension.active) return undefined;
    if (metrics.Pending === 0 || failingMs < settings.maxAgeMs || metrics.state !== 'active')
      return undefined;
    const { name, maxAgeMs, wants } = settings;
    return this.#apart(() => this.progress.expire(this.log, maxAgeMs, { endpoint: name, wants }));
  }

  override async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await this.#suspension.settled();
    await this.#delivery?.stop(deadlineMs);
  }

  /** Does something to what is stored of the endpoint while nothing is delivered; deliveries go on from what is stored then. */
  #apart<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#suspension.operate(async () => {
      const settings = this.settings;
      await this.#halt();
      try {
        return await work();
      } finally {
        const progress = await this.progress.read(settings.name);
        if (progress !== undefined) this.open(settings, progress);
        if (!this.#stopped) this.#delivery?.wake();
      }
    });
  }

  #halt(): Promise<void> {
    const delivery = this.#opened;
    this.#suspension.begin();
    this.#halted = delivery.stop(this.settings.timeoutMs).then(() => this.progress.stored(delivery));
    return this.#halted;
  }

  #deliver(settings: EndpointSettings, progress: EndpointProgress): EndpointDelivery {
    const { log, pacer, observer } = this;
    const transport = this.transports.open(settings);
    this.#transport = transport;
    const [counts, cutOffLetters] = [this.#counts, this.#cutOffLetters];
    const tools = { log, progress: this.progress, transport, pacer, observer, counts, cutOffLetters };
    this.#wants = progress.cutOff === 'disabled' ? wantsNothing : settings.wants;
    return new EndpointDelivery({ ...settings, wants: this.#wants }, tools, progress);
  }

  get #opened(): EndpointDelivery {
    if (this.#delivery === undefined) throw new Error('the sink was not opened');
    return this.#delivery;
  }
}

function wantsNothing(): boolean {
  return false;
}
