import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  DeliveryObserver,
  DeliveryObservers,
  type AttemptObservation,
  type DeliveryObservation,
} from '@herald/notifications';
import { Counter, Histogram, Registry } from 'prom-client';

/** From the speed of a loopback to the patience of an operator who repairs a receiver. */
const ARRIVAL_BUCKETS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400,
];

const HTTP_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const ATTEMPT_BUCKETS = [1, 2, 3, 5, 10, 20, 50];

/** What is measured of each request to an endpoint, as it ends. */
@Injectable()
export class AttemptMetrics extends DeliveryObserver implements OnModuleInit, OnApplicationShutdown {
  readonly #attempts: Counter<'endpoint' | 'outcome'>;
  readonly #duration: Histogram<'endpoint'>;
  readonly #arrival: Histogram<'endpoint'>;
  readonly #perEvent: Histogram<'endpoint'>;
  #detach: (() => void) | undefined;

  constructor(
    registry: Registry,
    private readonly observers: DeliveryObservers,
  ) {
    super();
    const registers = [registry];
    this.#attempts = new Counter({
      name: 'herald_notifications_attempts_total',
      help: 'Requests that were sent to an endpoint, by what followed from their answers',
      labelNames: ['endpoint', 'outcome'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'herald_notifications_http_duration_seconds',
      help: 'Time of a request to an endpoint, from the connection to the end of the answer',
      labelNames: ['endpoint'],
      buckets: HTTP_BUCKETS_SECONDS,
      registers,
    });
    this.#perEvent = new Histogram({
      name: 'herald_notifications_attempts_per_event',
      help: 'Attempts until an endpoint had taken an event, the successful one included',
      labelNames: ['endpoint'],
      buckets: ATTEMPT_BUCKETS,
      registers,
    });
    this.#arrival = new Histogram({
      name: 'herald_notifications_commit_to_arrival_seconds',
      help: 'Time from when an event was committed until the endpoint had taken it',
      labelNames: ['endpoint'],
      buckets: ARRIVAL_BUCKETS_SECONDS,
      registers,
    });
  }

  /** Before the first attempt: deliveries begin when the application has started. */
  onModuleInit(): void {
    this.#detach = this.observers.attach(this);
  }

  onApplicationShutdown(): void {
    this.#detach?.();
  }

  override attempted({ endpoint, outcome, durationMs }: AttemptObservation): void {
    this.#attempts.inc({ endpoint, outcome });
    this.#duration.observe({ endpoint }, durationMs / 1_000);
  }

  override delivered({ endpoint, commitToArrivalMs, attempts }: DeliveryObservation): void {
    for (const each of attempts) this.#perEvent.observe({ endpoint }, each);
    for (const delayMs of commitToArrivalMs) this.#arrival.observe({ endpoint }, delayMs / 1_000);
  }
}
