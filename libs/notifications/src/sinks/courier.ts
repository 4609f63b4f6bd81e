import type { AttemptResult } from '../delivery/attempt.js';
import type { Clock } from '../delivery/clock.js';
import type { NumberedRecord } from '../delivery/lane.js';
import type { Outcome } from '../delivery/outcome.js';
import type { EventLog } from '../event-log/event-log.js';
import type { AttemptObservation, DeliveryObserver } from '../metrics/delivery-observer.js';
import type { Transport } from '../transports/transport.js';
import type { DeliverySettings } from './endpoint-settings.js';

/** What a courier works with. */
export interface CourierTools {
  readonly log: EventLog;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observer: DeliveryObserver;
}

/** Events that go out together. */
export interface Consignment {
  readonly records: readonly NumberedRecord[];
  /** Of each record, which attempt with it this is; replays are outside that count. */
  readonly attempts?: readonly number[];
  /** The replay that they are sent by: they are outside the endpoint's numbers then. */
  readonly replay?: string;
}

/** Carries requests to one endpoint, and knows those that are under way. */
export class Courier {
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly settings: DeliverySettings,
    private readonly tools: CourierTools,
  ) {}

  /** Sends a request, and calls back when it has ended: never before this returns, and always before {@link stop} resolves. */
  send(consignment: Consignment, ended: (result: AttemptResult, durationMs: number) => void): void {
    const startedMs = this.tools.clock.monotonic();
    const request = this.#attempt(consignment).then((result) =>
      ended(result, this.tools.clock.monotonic() - startedMs),
    );
    this.#underWay.add(request);
    void request.then(() => this.#underWay.delete(request));
  }

  /** Tells whoever counts deliveries how a request ended. */
  report(
    { records, attempts = [], replay }: Consignment,
    result: AttemptResult,
    outcome: Outcome,
    durationMs: number,
  ): void {
    if (result.kind === 'abandoned') return;
    const { name: endpoint } = this.settings;
    const { observer, clock } = this.tools;
    observer.attempted({
      endpoint,
      outcome: outcome.kind,
      result: observed(result),
      durationMs,
      eventIds: records.map(({ record }) => record.id),
      ...(replay !== undefined && { replay }),
    });
    if (outcome.kind !== 'delivered') return;
    const nowMs = clock.now();
    const commitToArrivalMs = records.map(({ record }) => Math.max(0, nowMs - record.timeMs));
    observer.delivered({ endpoint, commitToArrivalMs, attempts });
  }

  /** Resolves when what is under way has ended; what has not at the deadline is abandoned. Nothing can be sent afterwards. */
  async stop(deadlineMs: number): Promise<void> {
    const finished = Promise.all(this.#underWay);
    let cancel: (() => void) | undefined;
    const deadline = new Promise<void>(
      (resolve) => (cancel = this.tools.clock.setTimer(deadlineMs, resolve)),
    );
    await Promise.race([finished, deadline]);
    cancel?.();
    this.tools.transport.close();
    await finished;
  }

  #attempt({ records, replay }: Consignment): Promise<AttemptResult> {
    return this.tools.transport.post({
      log: this.tools.log.uuid,
      records: records.map(({ record }) => record),
      sequences: replay === undefined ? records.map(({ number }) => number) : [],
      ...(replay !== undefined && { replay }),
    });
  }
}

function observed(result: Exclude<AttemptResult, { kind: 'abandoned' }>): AttemptObservation['result'] {
  if (result.kind === 'taken') return {};
  return result.kind === 'answered' ? { status: result.status } : { fault: result.fault };
}
