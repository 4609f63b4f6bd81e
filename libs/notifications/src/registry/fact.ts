import type { RegistryEventMap } from '../event/domain-events.js';
import type { RegistryEventDetail, RegistryEventType } from '../event/registry-event.js';

/** One thing that happened to one target: an event, but for who, when and where. The compiler knows which type has which target. */
export type Fact = {
  readonly [T in RegistryEventType]: {
    readonly type: T;
    readonly target: RegistryEventMap[T]['target'];
    readonly detail: RegistryEventDetail;
  };
}[RegistryEventType];

/** What shapes facts beside what happened. */
export interface FactContext {
  readonly urlBase: string;
  readonly includeReferences: boolean;
  /** Told as Distribution 2.8 tells it. */
  readonly asUpstream: boolean;
}
