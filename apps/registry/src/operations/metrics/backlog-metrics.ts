import { Injectable } from '@nestjs/common';
import { Broadcaster, Clock, EventLog, type EndpointMetricsSnapshot } from '@herald/notifications';
import { Counter, Gauge, Registry } from 'prom-client';

/** Herald's own view of how far behind each endpoint is, and why. Read when somebody asks. */
@Injectable()
export class BacklogMetrics {
  constructor(
    private readonly registry: Registry,
    private readonly broadcaster: Broadcaster,
    private readonly log: EventLog,
    clock: Clock,
  ) {
    this.#gauge(
      'herald_notifications_oldest_pending_seconds',
      'Age of the oldest event that an endpoint has not got yet; 0 when there is none',
      ({ oldestPendingAtMs }) =>
        oldestPendingAtMs === undefined ? 0 : Math.max(0, (clock.now() - oldestPendingAtMs) / 1_000),
    );
    this.#gauge(
      'herald_notifications_dead_letters',
      'Events that an endpoint did not take and that are kept as dead letters',
      ({ deadLetters }) => deadLetters,
    );
    this.#gauge(
      'herald_notifications_envelope_size',
      'Events that the next request to an endpoint may carry',
      ({ envelopeSize }) => envelopeSize,
    );
    this.#gauge(
      'herald_notifications_backlog_bytes',
      'Bytes of events that wait for an endpoint, its dead letters included',
      ({ backlog }) => backlog.bytes,
    );
    this.#gauge(
      'herald_notifications_backlog_share',
      'How much of its bound on backlog an endpoint uses: at 1 it is stopped, or changes are refused',
      ({ backlog }) => backlog.share,
    );
    this.#states();
    this.#lag();
    this.#shed();
    this.#aged();
  }

  /** What needs somebody. */
  #states(): void {
    this.#gauge(
      'herald_notifications_breaker_open',
      '1 while an endpoint is only probed because it keeps failing',
      ({ breaker }) => (breaker === 'closed' ? 0 : 1),
    );
    this.#gauge(
      'herald_notifications_retired',
      '1 for an endpoint that answered 410 and gets nothing until it is enabled again',
      ({ state }) => (state === 'retired' ? 1 : 0),
    );
    this.#gauge(
      'herald_notifications_overflowed',
      '1 for an endpoint that is stopped because its backlog reached its bound, until it is enabled again',
      ({ state }) => (state === 'overflowed' ? 1 : 0),
    );
    this.#gauge(
      'herald_notifications_disabled',
      '1 for an endpoint for which an operator has nothing kept until it is enabled again',
      ({ state }) => (state === 'disabled' ? 1 : 0),
    );
    this.#gauge(
      'herald_notifications_refusing',
      '1 while changes are refused because the backlog of an endpoint reached its bound',
      ({ backlog }) => (backlog.refusing ? 1 : 0),
    );
  }

  #gauge(name: string, help: string, valueOf: (metrics: EndpointMetricsSnapshot) => number): void {
    const { registry, broadcaster } = this;
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['endpoint'],
        registers: [],
        collect() {
          for (const { name: endpoint, metrics } of broadcaster.endpoints) {
            this.set({ endpoint }, valueOf(metrics));
          }
        },
      }),
    );
  }

  #lag(): void {
    const { registry, broadcaster, log } = this;
    registry.registerMetric(
      new Gauge({
        name: 'herald_notifications_lag_events',
        help: 'Events in the log, wanted or not, after the one up to which an endpoint is done',
        labelNames: ['endpoint'],
        registers: [],
        async collect() {
          // Without a database there is no lag to tell, and all the more need of the other figures.
          const head = await log.head().catch(() => undefined);
          this.reset();
          if (head === undefined) return;
          for (const { name: endpoint, metrics } of broadcaster.endpoints) {
            this.set({ endpoint }, Math.max(0, head - metrics.cursor));
          }
        },
      }),
    );
  }

  #aged(): void {
    const { registry, broadcaster } = this;
    registry.registerMetric(
      new Counter({
        name: 'herald_notifications_dead_letters_aged_total',
        help: 'Events that were given up because they had been dead letters for longer than retention.deadletters',
        labelNames: ['endpoint'],
        registers: [],
        collect() {
          this.reset();
          for (const { name: endpoint, metrics } of broadcaster.endpoints)
            this.inc({ endpoint }, metrics.agedDeadLetters);
        },
      }),
    );
  }

  #shed(): void {
    const { registry, log } = this;
    registry.registerMetric(
      new Counter({
        name: 'herald_notifications_shed_total',
        help: 'Events of reads that were not recorded because the log could not keep up',
        registers: [],
        collect() {
          this.reset();
          this.inc(log.shed);
        },
      }),
    );
  }
}
