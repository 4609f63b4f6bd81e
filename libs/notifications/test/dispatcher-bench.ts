import type { AttemptResult } from '../src/delivery/attempt.js';
import {
  Dispatcher,
  type Consequence,
  type DispatchSettings,
  type Shipment,
} from '../src/delivery/dispatcher.js';
import { Lanes } from '../src/delivery/lanes.js';
import { outcomeOf } from '../src/delivery/outcome.js';
import type { Schedules } from '../src/delivery/schedule.js';

const SETTINGS: DispatchSettings = {
  threshold: 3,
  maxAttempts: 5,
  maxAgeMs: 72 * 3_600_000,
  concurrency: 16,
  envelope: { events: 1, bytes: 1_000, sizeOf: () => 10 },
  quickMs: 500,
};
const SCHEDULES: Schedules = { event: () => 1_000, breaker: () => 1_000 };
export const FAULT: AttemptResult = { kind: 'answered', status: 500, text: 'broken' };
export const REFUSAL: AttemptResult = { kind: 'answered', status: 422, text: 'cannot read that' };
export const SUCCESS: AttemptResult = { kind: 'answered', status: 200, text: '' };

/** A dispatcher with its events in memory, stored whenever it must be, and a clock that goes by hand. */
export class DispatcherBench {
  readonly lanes = new Lanes({ cursor: 0, number: 0, deferred: 0, delivered: 0, dead: 0 }, []);
  readonly dispatcher: Dispatcher;
  readonly consequences: Consequence[] = [];
  readonly #lanes: string[] = [];
  nowMs = 0;

  constructor(lanes: readonly string[], settings: Partial<DispatchSettings> = {}, schedules = SCHEDULES) {
    this.dispatcher = new Dispatcher(this.lanes, { ...SETTINGS, ...settings }, schedules, false, 0);
    this.append(...lanes);
  }

  /** An event of each lane, in this order. */
  append(...lanes: readonly string[]): void {
    for (const lane of lanes) {
      this.#lanes.push(lane);
      this.lanes.intake.add(this.#record(this.#lanes.length, lane));
    }
  }

  /** The next request, after whatever must be stored and loaded for it. */
  next(): Shipment | undefined {
    for (let round = 0; round < 4; round += 1) {
      this.lanes.wake(this.nowMs);
      this.#store();
      const shipment = this.dispatcher.next(this.nowMs);
      if (shipment !== undefined) return shipment;
    }
    return undefined;
  }

  /** Sends the next request and gives its event; undefined when none may be sent. */
  send(result: AttemptResult | ((id: string) => AttemptResult)): string | undefined {
    const shipment = this.next();
    const [event] = shipment?.records ?? [];
    if (shipment === undefined || event === undefined) return undefined;
    this.settle(shipment, typeof result === 'function' ? result(event.record.id) : result);
    return event.record.id;
  }

  settle(shipment: Shipment, result: AttemptResult): void {
    const outcome = outcomeOf(result, shipment.records.length, {
      nowMs: this.nowMs,
      maxRetryAfterMs: 60_000,
      redirects: 'fail',
    });
    this.consequences.push(this.dispatcher.settle(shipment, result, outcome, this.nowMs));
  }

  get dead(): readonly string[] {
    return this.consequences.flatMap(({ letters }) => letters.map(({ eventId }) => String(eventId)));
  }

  /** Lets the clock go on in seconds, sending whatever may be sent; gives what was sent when. */
  run(seconds: number, result: (id: string) => AttemptResult): readonly string[] {
    const sent: string[] = [];
    for (let second = 0; second < seconds; second += 1) {
      for (let id = this.send(result); id !== undefined; id = this.send(result)) sent.push(id);
      this.consequences.push(this.dispatcher.conclude());
      this.nowMs += 1_000;
    }
    return sent;
  }

  #store(): void {
    this.lanes.rows.changes();
    this.lanes.rows.saved();
    const request = this.lanes.intake.load();
    if (request === undefined) return;
    const records = this.#lanes
      .map((lane, index) => ({ lane, sequence: index + 1 }))
      .filter(
        ({ lane, sequence }) => lane === request.lane && sequence >= request.from && sequence <= request.upTo,
      )
      .map(({ lane, sequence }) => ({
        sequence,
        number: sequence,
        lane,
        record: this.#record(sequence, lane),
        wanted: true,
      }));
    this.lanes.intake.loaded(request, records, true);
  }

  #record(sequence: number, lane: string) {
    return { sequence, lane, id: `${lane}${sequence}`, type: 'test.thing.happened', timeMs: 0, data: '{}' };
  }
}
