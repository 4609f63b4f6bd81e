import type { AttemptResult } from '../delivery/attempt.js';
import type { Clock } from '../delivery/clock.js';
import type { Consequence, Dispatcher, Shipment } from '../delivery/dispatcher.js';
import { outcomeOf, type Outcome } from '../delivery/outcome.js';
import type { LetterBook } from '../dead-letters/letter-book.js';
import type { AttemptCounts, EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';
import type { EndpointAnnouncer } from './endpoint-announcer.js';
import type { DeliverySettings } from './endpoint-settings.js';
import type { FailingTime } from './failing-time.js';
import { toWall } from './wall-times.js';

/** Who decides what follows from how a request ended: live delivery, or a replay. */
type Sender = Pick<Dispatcher, 'settle'>;

/** What outcomes are booked in. */
export interface OutcomeBooks {
  readonly clock: Clock;
  readonly counts: AttemptCounts;
  readonly letters: LetterBook;
  readonly failing: FailingTime;
  readonly announcer: EndpointAnnouncer;
  readonly metrics: () => EndpointMetricsSnapshot;
}

/** Books how an endpoint's requests ended: what was counted, who became a dead letter, how long it fails, and what operators are told. */
export class EndpointOutcomes {
  constructor(
    private readonly settings: Pick<DeliverySettings, 'maxRetryAfterMs' | 'redirects'>,
    private readonly dispatcher: Dispatcher,
    private readonly books: OutcomeBooks,
    /** The endpoint asked to be left alone until then, in ms since 1970. */
    public notBeforeMs: number,
  ) {}

  /** A request ended. Undefined when it was abandoned: then nothing is known of it. */
  settle(sender: Sender, shipment: Shipment, result: AttemptResult): Outcome | undefined {
    const { clock, counts, failing } = this.books;
    const [wallMs, nowMs] = [clock.now(), clock.monotonic()];
    const { maxRetryAfterMs, redirects } = this.settings;
    const events = shipment.records.length;
    const outcome = outcomeOf(result, events, { nowMs: wallMs, maxRetryAfterMs, redirects });
    const consequence = sender.settle(shipment, result, outcome, nowMs);
    if (result.kind === 'abandoned') return undefined;
    counts.count(result, outcome.kind, wallMs);
    if (outcome.kind === 'delivered') {
      failing.succeeded();
      counts.taken(shipment.attempts ?? []);
    } else if (outcome.kind !== 'again' && outcome.kind !== 'retired') failing.failed(nowMs);
    if (outcome.kind === 'wait') this.notBeforeMs = toWall(this.dispatcher.breaker.notBeforeMs, clock);
    this.take(consequence, nowMs);
    return outcome;
  }

  /** What follows beside the progress of the lanes. True when it is to be stored. */
  take(consequence: Consequence, nowMs: number): boolean {
    const { clock, letters, announcer, metrics } = this.books;
    const atMs = clock.now();
    letters.add(consequence.letters.map((letter) => ({ ...letter, atMs })));
    announcer.tell(consequence, metrics, nowMs);
    return consequence.letters.length > 0;
  }
}
