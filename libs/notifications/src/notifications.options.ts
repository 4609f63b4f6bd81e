/** How an endpoint's events are encoded. */
export type FormatName = 'distribution.v1' | 'distribution.v2' | 'cloudevents';

/** Upstream's deny lists: exact, case-sensitive; an event that meets either is not sent. */
export interface IgnoreOptions {
  readonly mediaTypes?: readonly string[];
  readonly actions?: readonly string[];
}

/**
 * Describes registry events. Every list that is given must have a member that fits; a list that is absent fits everything. Events of
 * other families have none of these fields, and are described by `types` alone.
 */
export interface EventSelection {
  /** Event types, globs: `registry.manifest.*`, `orders.**`. */
  readonly types?: readonly string[];
  readonly actions?: readonly string[];
  /** `manifest`, `blob`, `tag`, `repository`. */
  readonly targets?: readonly string[];
  readonly mediaTypes?: readonly string[];
  readonly artifactTypes?: readonly string[];
  /** Globs: `*` within a path component, `**` across them. */
  readonly repositories?: readonly string[];
  /** Globs, or regular expressions between slashes. */
  readonly tags?: readonly string[];
  readonly actors?: readonly string[];
}

/** How CloudEvents travel over HTTP. Several in one request only when `batched` is asked for, as the HTTP binding demands. */
export interface CloudEventsOptions {
  /** Default `structured`. */
  readonly mode?: 'structured' | 'binary' | 'batched';
  /** URI of this registry, in front of the repository in `source`: `https://registry.example`. Default `//` and the node's address. */
  readonly source?: string;
}

/** How the receiver proves who it is. */
export interface EndpointTlsOptions {
  /** Certificates in PEM that are trusted in place of the system's. */
  readonly ca?: string | readonly string[];
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
  /** Longest wait in ms that a `Retry-After` of the endpoint may ask for. Default 3,600,000. */
  readonly maxRetryAfterMs?: number;
  /** Times that one event may make the endpoint fail, while it accepts others, before it is a dead letter. Default 5. */
  readonly maxAttempts?: number;
  /** Requests in flight at once, each of another lane. Default 16. */
  readonly concurrency?: number;
  /**
   * What stays in order: `lane` the events of each lane (default), `endpoint` all that the endpoint gets, one request at a time, `none`
   * nothing, each event for itself.
   */
  readonly ordering?: 'lane' | 'endpoint' | 'none';
  /** Whether a 3xx is a failure (default) or, as upstream has it, a success. It is never followed. */
  readonly redirects?: 'fail' | 'accept';
  /**
   * Waits between attempts. `standard` (default): random, at most `backoffMs` doubled with each attempt, up to `maxBackoffMs`.
   * `distribution`, as upstream: `threshold` attempts at once, then one every `backoffMs`. A list: these waits in ms, the last repeated.
   */
  readonly schedule?: 'standard' | 'distribution' | readonly number[];
  readonly format?: FormatName;
  readonly ignore?: IgnoreOptions;
  readonly cloudevents?: CloudEventsOptions;
  /** `upstream`: Distribution's formats byte for byte as Distribution writes them, one event per request. Default `compact`. */
  readonly layout?: 'compact' | 'upstream';
  /** What is sent: by default everything that the format can carry. Of several selections, one must describe the event. */
  readonly only?: EventSelection | readonly EventSelection[];
  /** What of it is not sent. Of several selections, none may describe the event. */
  readonly except?: EventSelection | readonly EventSelection[];
  readonly tls?: EndpointTlsOptions;
}

/** What `NotificationsModule.forRoot` takes. */
export interface NotificationsOptions {
  readonly endpoints: readonly EndpointOptions[];
  /** Sent as `User-Agent`. Default `Herald/<version>`. */
  readonly userAgent?: string;
  /** How long in ms a shutdown waits for requests in flight before it abandons them. Default 10,000. */
  readonly drainTimeoutMs?: number;
}
