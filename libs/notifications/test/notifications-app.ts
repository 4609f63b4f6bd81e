import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { Database } from '@herald/database';
import { EventLog } from '../src/event-log/event-log.js';
import { ProgressStore } from '../src/event-log/progress-store.js';
import { NotificationsHealthIndicator } from '../src/health/notifications.health-indicator.js';
import type { EndpointMetricsSnapshot } from '../src/metrics/endpoint-metrics.js';
import { NotificationsModule } from '../src/notifications.module.js';
import type { EndpointOptions, NotificationsOptions } from '../src/notifications.options.js';
import { Broadcaster } from '../src/sinks/broadcaster.js';

type Override = (builder: TestingModuleBuilder) => TestingModuleBuilder;

/** An application with nothing but the notifications module, over a database file of its own that outlives restarts. */
export class NotificationsApp {
  readonly directory = mkdtempSync(join(tmpdir(), 'herald-notifications-'));
  #context: INestApplicationContext | undefined;

  /** Starts, or starts again: the database stays. */
  async start(
    endpoints: readonly EndpointOptions[],
    {
      override = (builder) => builder,
      ...options
    }: Partial<NotificationsOptions> & { override?: Override } = {},
  ): Promise<void> {
    await this.stop();
    const database = { path: join(this.directory, 'herald.db') };
    const builder = Test.createTestingModule({
      imports: [NotificationsModule.forRoot({ drainTimeoutMs: 200, ...options, endpoints, database })],
    }).setLogger(false as never);
    const module = await override(builder).compile();
    this.#context = await module.init();
  }

  async stop(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get context(): INestApplicationContext {
    if (this.#context === undefined) throw new Error('the application is not started');
    return this.#context;
  }

  get log(): EventLog {
    return this.context.get(EventLog);
  }

  get database(): Database {
    return this.context.get(Database, { strict: false });
  }

  get broadcaster(): Broadcaster {
    return this.context.get(Broadcaster);
  }

  get health(): NotificationsHealthIndicator {
    return this.context.get(NotificationsHealthIndicator);
  }

  get progress(): ProgressStore {
    return this.context.get(ProgressStore);
  }

  metrics(endpoint: string): EndpointMetricsSnapshot {
    return this.broadcaster.endpoint(endpoint).metrics;
  }

  /** Publishes numbered events of one lane. */
  async publish(lane: string, ...numbers: readonly number[]): Promise<void> {
    for (const n of numbers) await this.log.publish({ type: 'test.thing.happened', lane, data: { lane, n } });
  }
}

/** What {@link NotificationsApp.publish} sends. */
export interface Thing {
  readonly lane: string;
  readonly n: number;
}
