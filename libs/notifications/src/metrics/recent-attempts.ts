import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../delivery/clock.js';
import type { Outcome } from '../delivery/outcome.js';
import { DeliveryObservers, type AttemptObservation } from './delivery-observer.js';

/** A request that was made, and how it ended. */
export interface RecentAttempt {
  readonly endpoint: string;
  /** When it was begun, ms since 1970. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome['kind'];
  readonly result: AttemptObservation['result'];
  /** Events that it carried. */
  readonly events: number;
  /** The replay that it was sent by. */
  readonly replay?: string;
}

interface Kept extends RecentAttempt {
  readonly eventIds: readonly string[];
}

/** Attempts that are kept of one endpoint. */
const MOST_ATTEMPTS = 200;

/** Ids of events that are kept of all endpoints together: some megabytes. */
const MOST_IDS = 20_000;

/** What an endpoint may keep, however many there are. */
const LEAST_IDS = 100;

/**
 * The last requests to each endpoint, in memory, for operators who ask what became of an event. It is a memory and no record: what was
 * tried before the start is not in it, nor what many later attempts have pushed out. What counts is durable elsewhere.
 */
@Injectable()
export class RecentAttempts implements OnModuleInit {
  readonly #endpoints = new Map<string, { readonly attempts: Kept[]; ids: number }>();

  constructor(
    private readonly observers: DeliveryObservers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.observers.attach({
      attempted: (observation) => this.#keep(observation),
      delivered: () => undefined,
    });
  }

  /** Attempts with an event, the oldest first. */
  ofEvent(eventId: string): readonly RecentAttempt[] {
    return [...this.#endpoints.values()]
      .flatMap(({ attempts }) => attempts.filter(({ eventIds }) => eventIds.includes(eventId)))
      .map(withoutIds)
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  /** The last attempts with an endpoint, the newest first. */
  ofEndpoint(endpoint: string, limit: number): readonly RecentAttempt[] {
    const attempts = this.#endpoints.get(endpoint)?.attempts ?? [];
    return attempts.slice(-limit).toReversed().map(withoutIds);
  }

  #keep({ eventIds, durationMs, ...attempt }: AttemptObservation): void {
    const { endpoint } = attempt;
    let kept = this.#endpoints.get(endpoint);
    if (kept === undefined) {
      kept = { attempts: [], ids: 0 };
      this.#endpoints.set(endpoint, kept);
    }
    const atMs = this.clock.now() - durationMs;
    kept.attempts.push({ ...attempt, atMs, durationMs, events: eventIds.length, eventIds });
    kept.ids += eventIds.length;
    const mostIds = Math.max(LEAST_IDS, Math.floor(MOST_IDS / this.#endpoints.size));
    while (kept.attempts.length > 1 && (kept.attempts.length > MOST_ATTEMPTS || kept.ids > mostIds)) {
      kept.ids -= kept.attempts.shift()?.events ?? 0;
    }
  }
}

function withoutIds({ eventIds: _eventIds, ...attempt }: Kept): RecentAttempt {
  return attempt;
}
