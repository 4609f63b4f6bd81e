import { Injectable } from '@nestjs/common';
import { Pacer } from '../delivery/pacer.js';
import type { EndpointProgress } from '../event-log/endpoint-rows.js';
import { EventLog } from '../event-log/event-log.js';
import { ProgressStore } from '../event-log/progress-store.js';
import { EndpointClients } from '../http/endpoint-client.js';
import { DeliveryObserver } from '../metrics/delivery-observer.js';
import type { EndpointMetricsSnapshot } from '../metrics/endpoint-metrics.js';
import { EndpointDelivery } from './endpoint-delivery.js';
import type { EndpointSettings } from './endpoint-settings.js';
import { Sink } from './sink.js';

/**
 * A webhook endpoint as a sink: its events are sent in the order of their lanes, and sent again until they are taken, over any restart.
 * The broadcaster makes one for each endpoint and opens it.
 */
@Injectable()
export class EndpointSink extends Sink {
  #delivery: EndpointDelivery | undefined;
  #settings: EndpointSettings | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly progress: ProgressStore,
    private readonly clients: EndpointClients,
    private readonly pacer: Pacer,
    private readonly observer: DeliveryObserver,
  ) {
    super();
  }

  override get name(): string {
    return this.#settings?.name ?? '';
  }

  /** Scheme and host of the endpoint: what may be shown of its URL. */
  get origin(): string {
    return this.#settings?.origin ?? '';
  }

  /** Whether the endpoint is to be sent an event. */
  get wants(): EndpointSettings['wants'] {
    return this.#settings?.wants ?? (() => false);
  }

  /** How the endpoint fares at this moment. */
  get metrics(): EndpointMetricsSnapshot {
    return this.#opened.metrics;
  }

  /** Goes on where the endpoint stands. Once, before anything else. */
  open(settings: EndpointSettings, progress: EndpointProgress): void {
    const { log, clients, pacer, observer } = this;
    const client = clients.create(settings);
    this.#settings = settings;
    this.#delivery = new EndpointDelivery(
      settings,
      { log, progress: this.progress, client, pacer, observer },
      progress,
    );
  }

  override wake(): void {
    this.#opened.wake();
  }

  /** Sends again to an endpoint that retired itself by answering 410. */
  enable(): void {
    this.#opened.enable();
  }

  override async stop(deadlineMs: number): Promise<void> {
    await this.#delivery?.stop(deadlineMs);
  }

  get #opened(): EndpointDelivery {
    if (this.#delivery === undefined) throw new Error('the sink was not opened');
    return this.#delivery;
  }
}
