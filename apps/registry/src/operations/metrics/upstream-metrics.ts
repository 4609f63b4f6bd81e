import { Injectable } from '@nestjs/common';
import { Broadcaster, type EndpointMetricsSnapshot } from '@herald/notifications';
import { Counter, Gauge, Registry } from 'prom-client';

/** The values of upstream's label `type`. */
const TYPES = ['Events', 'Successes', 'Failures', 'Errors'] as const;

/**
 * `registry_notifications_*` as registry:3 has them. What is counted lies in the endpoints and is read when somebody asks, so that a
 * page is true at one moment. Here Events and Successes go on over restarts; Failures, Errors and statuses are of this run.
 */
@Injectable()
export class UpstreamMetrics {
  constructor(registry: Registry, broadcaster: Broadcaster) {
    const each = (use: (endpoint: string, metrics: EndpointMetricsSnapshot) => void): void => {
      for (const { name, metrics } of broadcaster.endpoints) use(name, metrics);
    };
    registry.registerMetric(
      new Counter({
        name: 'registry_notifications_events_total',
        help: 'Events that an endpoint wants (Events) and took (Successes), and attempts that were refused (Failures) or not answered (Errors)',
        labelNames: ['type', 'endpoint'],
        registers: [],
        collect() {
          this.reset();
          each((endpoint, metrics) => {
            for (const type of TYPES) this.inc({ type, endpoint }, metrics[type]);
          });
        },
      }),
    );
    registry.registerMetric(
      new Gauge({
        name: 'registry_notifications_pending_total',
        help: 'Events that an endpoint has not got yet',
        labelNames: ['endpoint'],
        registers: [],
        collect() {
          each((endpoint, { Pending }) => this.set({ endpoint }, Pending));
        },
      }),
    );
    registry.registerMetric(
      new Counter({
        name: 'registry_notifications_status_total',
        help: 'Attempts by the status of their answers',
        labelNames: ['code', 'endpoint'],
        registers: [],
        collect() {
          this.reset();
          each((endpoint, { Statuses }) => {
            for (const [code, count] of Object.entries(Statuses)) this.inc({ code, endpoint }, count);
          });
        },
      }),
    );
  }
}
