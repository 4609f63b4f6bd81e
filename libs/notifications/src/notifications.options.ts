/** How an endpoint's events are encoded. */
export type FormatName = 'distribution.v1' | 'distribution.v2' | 'cloudevents';

/** Upstream's deny lists: exact, case-sensitive; an event that meets either is not sent. */
export interface IgnoreOptions {
  readonly mediaTypes?: readonly string[];
  readonly actions?: readonly string[];
}

/** A webhook target. Its identity is its name: changed settings keep the cursor. */
export interface EndpointOptions {
  readonly name: string;
  /** http or https. Path, query and user information are secrets: they appear nowhere but on the wire. */
  readonly url: string;
  /** Not created at all: no backlog. Default false. */
  readonly disabled?: boolean;
  /** Sent with each request; a list of values is sent as that many header lines. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** One deadline in ms over connect, headers and body. Default 1,000. */
  readonly timeoutMs?: number;
  /** Failures in a row after which the breaker opens. Default 10. */
  readonly threshold?: number;
  /** First delay in ms of the retry schedule. Default 1,000. */
  readonly backoffMs?: number;
  /** Longest delay in ms of the retry schedule. Default 60,000. */
  readonly maxBackoffMs?: number;
  readonly format?: FormatName;
  readonly ignore?: IgnoreOptions;
}

/** What `NotificationsModule.forRoot` takes. */
export interface NotificationsOptions {
  readonly endpoints: readonly EndpointOptions[];
}
