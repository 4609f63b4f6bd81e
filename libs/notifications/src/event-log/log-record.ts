/**
 * What somebody hands to the event log: one fact, already serialised.
 *
 * An event is serialised once, when it is made: every endpoint and every attempt sends these bytes, so that no later version of the
 * program can change what was promised when the change was committed.
 */
export interface EventDraft {
  /** UUIDv7, one per event: the same for every endpoint, attempt and replay. */
  readonly id: string;
  /** What has to stay in order: the repository for registry events, any key of the application's for its own. */
  readonly lane: string;
  /** Dotted, the family first: `registry.manifest.push`, `orders.order.paid`. */
  readonly type: string;
  /** When it happened, in ms since 1970 (UTC). */
  readonly timeMs: number;
  /** The event as compact JSON. Of the family `registry.`: one element of Distribution's envelope, as `events.v1+json` has it. */
  readonly data: string;
  /** What that envelope cannot say (previous digest, annotations, bytes sent, …) as compact JSON, for formats that can. */
  readonly detail?: string;
}

/** An event in the log. Records are never changed; the sequence grows in the order in which the changes were committed. */
export interface LogRecord extends EventDraft {
  readonly sequence: number;
}
