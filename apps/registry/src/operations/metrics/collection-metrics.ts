import { Injectable } from '@nestjs/common';
import { GarbageCollector, type CollectionTotals } from '@herald/storage';
import { Counter, Gauge, Registry } from 'prom-client';

/** What garbage collection did in the life of the process, and when it last came to its end. */
@Injectable()
export class CollectionMetrics {
  constructor(
    private readonly registry: Registry,
    private readonly collector: GarbageCollector,
  ) {
    this.#counter('herald_gc_runs_total', 'Garbage collections that came to their end', ({ runs }) => runs);
    this.#counter('herald_gc_manifests_total', 'Manifests that were collected', ({ manifests }) => manifests);
    this.#counter('herald_gc_blobs_total', 'Blobs that were taken out of a repository', ({ blobs }) => blobs);
    this.#counter('herald_gc_contents_total', 'Contents that were removed', ({ contents }) => contents);
    this.#counter(
      'herald_gc_reclaimed_bytes_total',
      'Bytes of those contents',
      ({ contentBytes }) => contentBytes,
    );
    this.#lastEnd();
  }

  #counter(name: string, help: string, valueOf: (totals: CollectionTotals) => number): void {
    const { registry, collector } = this;
    registry.registerMetric(
      new Counter({
        name,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(valueOf(collector.totals));
        },
      }),
    );
  }

  #lastEnd(): void {
    const { registry, collector } = this;
    registry.registerMetric(
      new Gauge({
        name: 'herald_gc_last_end_timestamp_seconds',
        help: 'When a garbage collection last came to its end, also before this process; 0 when none ever did',
        registers: [],
        async collect() {
          this.set(((await collector.finishedMs().catch(() => undefined)) ?? 0) / 1_000);
        },
      }),
    );
  }
}
