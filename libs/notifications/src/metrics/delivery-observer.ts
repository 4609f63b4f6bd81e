import { Injectable, Logger } from '@nestjs/common';
import type { Fault } from '../delivery/attempt.js';
import type { Outcome } from '../delivery/outcome.js';

/** One request and how it ended. */
export interface AttemptObservation {
  readonly endpoint: string;
  readonly outcome: Outcome['kind'];
  /** The answer's status, or what went wrong when there was none; nothing of an endpoint that has no statuses. */
  readonly result: { readonly status?: number; readonly fault?: Fault };
  readonly durationMs: number;
  /** Of each event in the request, its id. */
  readonly eventIds: readonly string[];
  /** The replay that it was sent by: outside the order and the numbers. */
  readonly replay?: string;
}

/** Events that an endpoint took. */
export interface DeliveryObservation {
  readonly endpoint: string;
  /** Of each event, ms from when it happened to the endpoint's answer. */
  readonly commitToArrivalMs: readonly number[];
  /** Of each event, which attempt it was; none of what a replay sent. */
  readonly attempts: readonly number[];
}

/** Whoever wants to count deliveries as they happen: histograms, traces. It holds up the deliveries. */
export abstract class DeliveryObserver {
  abstract attempted(observation: AttemptObservation): void;
  abstract delivered(observation: DeliveryObservation): void;
}

/** Hands every observation to whoever is attached; at first nobody is. What one throws is told once, and changes no delivery. */
@Injectable()
export class DeliveryObservers extends DeliveryObserver {
  readonly #logger = new Logger('DeliveryObservers');
  readonly #observers = new Set<DeliveryObserver>();
  readonly #told = new WeakSet<DeliveryObserver>();

  /** Returns what ends it. */
  attach(observer: DeliveryObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  override attempted(observation: AttemptObservation): void {
    this.#each((observer) => observer.attempted(observation));
  }

  override delivered(observation: DeliveryObservation): void {
    this.#each((observer) => observer.delivered(observation));
  }

  #each(tell: (observer: DeliveryObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer);
      } catch (error) {
        if (!this.#told.has(observer)) this.#logger.error('an observer of deliveries throws', error);
        this.#told.add(observer);
      }
    }
  }
}
