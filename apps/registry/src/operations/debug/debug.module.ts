import { Module, type DynamicModule } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { AttemptMetrics } from '../metrics/attempt-metrics.js';
import { BacklogMetrics } from '../metrics/backlog-metrics.js';
import { CollectionMetrics } from '../metrics/collection-metrics.js';
import { FaultMetrics } from '../metrics/fault-metrics.js';
import { DiskMetrics } from '../metrics/disk-metrics.js';
import { metricsController } from '../metrics/metrics.controller.js';
import { UpstreamMetrics } from '../metrics/upstream-metrics.js';
import { DebugVarsController } from './debug-vars.controller.js';

/** What the debug address serves. */
export interface DebugModuleOptions {
  /** The notifications module of the application, which knows the endpoints. */
  readonly notifications: DynamicModule;
  /** Its storage module, which knows what was collected. */
  readonly storage: DynamicModule;
  /** What is measured, and where it is served; undefined where metrics are switched off. */
  readonly metrics: { readonly registry: Registry; readonly path: string } | undefined;
}

/** Read-only routes for operators. Only an application with a debug address has this module: without one nothing is measured. */
@Module({})
export class DebugModule {
  static forRoot({ notifications, storage, metrics }: DebugModuleOptions): DynamicModule {
    if (metrics === undefined) {
      return { module: DebugModule, imports: [notifications], controllers: [DebugVarsController] };
    }
    const { registry, path } = metrics;
    return {
      module: DebugModule,
      imports: [notifications, storage],
      controllers: [DebugVarsController, metricsController(path)],
      providers: [
        { provide: Registry, useFactory: () => withProcessMetrics(registry) },
        UpstreamMetrics,
        BacklogMetrics,
        FaultMetrics,
        DiskMetrics,
        CollectionMetrics,
        AttemptMetrics,
      ],
    };
  }
}

/** Node's own figures: memory, event loop, garbage collection, file descriptors. */
function withProcessMetrics(registry: Registry): Registry {
  collectDefaultMetrics({ register: registry });
  return registry;
}
