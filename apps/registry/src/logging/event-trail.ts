import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DeliveryObserver, DeliveryObservers, type AttemptObservation } from '@herald/notifications';
import { OnRegistryEvent, type AnyRegistryEvent } from '@herald/notifications/registry';

/**
 * The way of every event, for who debugs: which request it came from, and what became of it at each endpoint. By ids alone: an event's
 * content is never logged. It is for level `debug`, and costs a line per event and attempt.
 */
@Injectable()
export class EventTrail extends DeliveryObserver implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('Events');
  #detach: (() => void) | undefined;

  constructor(private readonly observers: DeliveryObservers) {
    super();
  }

  onModuleInit(): void {
    this.#detach = this.observers.attach(this);
  }

  onApplicationShutdown(): void {
    this.#detach?.();
  }

  @OnRegistryEvent('registry.manifest.push')
  @OnRegistryEvent('registry.manifest.pull')
  @OnRegistryEvent('registry.manifest.delete')
  @OnRegistryEvent('registry.blob.push')
  @OnRegistryEvent('registry.blob.pull')
  @OnRegistryEvent('registry.blob.mount')
  @OnRegistryEvent('registry.blob.delete')
  @OnRegistryEvent('registry.tag.delete')
  @OnRegistryEvent('registry.repository.delete')
  recorded({ id, type, request }: AnyRegistryEvent): void {
    this.#logger.debug('event', { event: id, type, request: request.id });
  }

  override attempted({ endpoint, eventIds, outcome, result, durationMs }: AttemptObservation): void {
    this.#logger.debug('attempt', {
      endpoint,
      events: eventIds,
      outcome,
      ...result,
      durationMs: Math.round(durationMs),
    });
  }

  override delivered(): void {
    // Each delivery is an attempt, and that was told.
  }
}
