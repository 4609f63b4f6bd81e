import { Inject, Injectable } from '@nestjs/common';
import type { Change, RepositoryName, Served } from '@herald/storage';
import { Clock } from '../delivery/clock.js';
import type { AnyRegistryEvent } from '../event/domain-events.js';
import { eventJson } from '../event/event-json.js';
import { partsOf } from '../event/event-type.js';
import { EventIds } from '../event-log/event-ids.js';
import type { EventDraft } from '../event-log/log-record.js';
import { factsOfChange } from './change-facts.js';
import type { Origin } from './event-origin.js';
import type { Fact, FactContext } from './fact.js';
import { factOfRead } from './pull-facts.js';
import { BRIDGE_OPTIONS, type BridgeOptions } from './registry-notifications.options.js';

/** One event in its two shapes: for the log, and for subscribers in the process. */
export interface BridgedEvent {
  readonly draft: EventDraft;
  readonly event: AnyRegistryEvent;
}

/** Turns what happened in a repository into events that know the request, the actor and the source. Writes nothing anywhere. */
@Injectable()
export class EventBridge {
  constructor(
    private readonly clock: Clock,
    private readonly ids: EventIds,
    @Inject(BRIDGE_OPTIONS) private readonly options: BridgeOptions,
  ) {}

  /** The events of a change, in the order in which they are to be told. */
  changed(change: Change, origin: Origin): readonly BridgedEvent[] {
    const nowMs = this.clock.now();
    return factsOfChange(change, this.#context(origin)).map((fact) => this.#bridge(fact, origin, nowMs));
  }

  /** The event of a read, if it was a pull. */
  served(repository: RepositoryName, served: Served, origin: Origin): BridgedEvent | undefined {
    const fact = factOfRead(repository, served, this.#context(origin));
    return fact && this.#bridge(fact, origin, this.clock.now());
  }

  get #asUpstream(): boolean {
    return this.options.compatibility === 'distribution';
  }

  #context({ urlBase }: Origin): FactContext {
    return { urlBase, includeReferences: this.options.includeReferences, asUpstream: this.#asUpstream };
  }

  #bridge({ type, target, detail }: Fact, { request, actor }: Origin, timeMs: number): BridgedEvent {
    // That target and action fit the type was checked where the fact was stated; the compiler cannot carry it through a union.
    const event = {
      type,
      id: this.ids.next(),
      timestamp: this.#timestamp(timeMs),
      action: partsOf(type).action,
      target,
      request,
      actor,
      source: this.options.source,
      detail,
    } as AnyRegistryEvent;
    return { event, draft: draftOf(event, timeMs) };
  }

  /** RFC 3339 in UTC; Go leaves out zeros at the end of a fraction. */
  #timestamp(timeMs: number): string {
    const timestamp = new Date(timeMs).toISOString();
    return this.#asUpstream ? timestamp.replace(/\.?0*Z$/, 'Z') : timestamp;
  }
}

function draftOf(event: AnyRegistryEvent, timeMs: number): EventDraft {
  return {
    id: event.id,
    lane: event.target.repository,
    type: event.type,
    timeMs,
    data: eventJson(event),
    ...(Object.keys(event.detail).length > 0 && { detail: JSON.stringify(event.detail) }),
  };
}
