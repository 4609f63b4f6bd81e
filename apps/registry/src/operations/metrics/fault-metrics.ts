import { Injectable } from '@nestjs/common';
import { Broadcaster, type EndpointMetricsSnapshot } from '@herald/notifications';
import { Counter, Registry } from 'prom-client';

/** What went wrong between Herald and its endpoints, of this run. Read from the endpoints when somebody asks. */
@Injectable()
export class FaultMetrics {
  constructor(
    private readonly registry: Registry,
    private readonly broadcaster: Broadcaster,
  ) {
    this.#counter(
      'herald_notifications_unanswered_total',
      'Requests to an endpoint that got no answer, by what went wrong',
      'fault',
      ({ faults }) => faults,
    );
    this.#counter(
      'herald_notifications_proxy_faults_total',
      'Requests to an endpoint that failed at the proxy before it, by what the proxy did',
      'reason',
      ({ proxyFaults }) => proxyFaults,
    );
    this.#counter(
      'herald_notifications_cut_answers_total',
      'Answers whose body was not read to its end, because it was too large (size) or too slow (time), or the connection broke (lost)',
      'reason',
      ({ cutAnswers }) => cutAnswers,
    );
  }

  #counter(
    name: string,
    help: string,
    label: string,
    countsOf: (metrics: EndpointMetricsSnapshot) => Readonly<Record<string, number>>,
  ): void {
    const { registry, broadcaster } = this;
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames: ['endpoint', label],
        registers: [],
        collect() {
          this.reset();
          for (const { name: endpoint, metrics } of broadcaster.endpoints) {
            for (const [what, count] of Object.entries(countsOf(metrics)))
              this.inc({ endpoint, [label]: what }, count);
          }
        },
      }),
    );
  }
}
