import type { InjectionToken } from '@nestjs/common';
import type { HttpOptions } from './http/http.options.js';

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

/** A text in PEM, or the file that holds it, which is read again when it changes. */
export type PemSource = string | { readonly file: string };

/** How the receiver proves who it is, and Herald to the receiver. */
export interface EndpointTlsOptions {
  /** Certificates that are trusted in place of the system's. */
  readonly ca?: PemSource | readonly PemSource[];
  /** Certificate that Herald shows, with those between it and the authority behind it. */
  readonly cert?: PemSource;
  /** Private key of `cert`, without a passphrase. */
  readonly key?: PemSource;
  /** Default TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Name that the receiver's certificate must have, in place of the URL's host. It is asked for by SNI. */
  readonly serverName?: string;
}

/** How requests are signed: Standard Webhooks 1.0. */
export interface SigningOptions {
  /** `whsec_…` signs by HMAC-SHA256 (`v1`), `whsk_…` by Ed25519 (`v1a`). Each request is signed once with each of them. */
  readonly keys: readonly string[];
}

/**
 * Addresses that may be connected to, checked whenever a connection is made. Each is an IP address, a range in CIDR notation, or one of
 * `any`, `loopback`, `private`, `shared`, `link-local`, `metadata`, `multicast`, `unspecified`, `broadcast`. The narrowest range that
 * holds an address decides; what none holds is allowed. Unless they are named, the last five are refused.
 */
export interface AddressOptions {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** What one request may carry. Envelopes begin with a single event, grow while the endpoint is quick, and shrink when it fails. */
export interface BatchOptions {
  /** Default 100. 1 gives upstream's one event per request. */
  readonly maxEvents?: number;
  /** Bytes of encoded events; a single event may be larger. Default 65,536. */
  readonly maxBytes?: number;
}

/** Events that may be sent in a time. Each counts whenever it is sent, be it again or by a replay. */
export interface RateOptions {
  /** At least 1. */
  readonly events: number;
  /** ms in which they may be sent: at least 1, at most a day. */
  readonly perMs: number;
}

/** How much may wait for an endpoint: events that it has not got yet, and its dead letters. 0 sets no limit. */
export interface BacklogOptions {
  /** Default 0. */
  readonly maxEvents?: number;
  /** Bytes of events. Default 1 GiB. */
  readonly maxBytes?: number;
  /**
   * What happens at the bound. `detach` (default): the endpoint is stopped, and what it has not got becomes one dead letter, which no
   * longer holds the log. `refuse`: changes whose events it wants are refused until a tenth of the room is free again.
   */
  readonly onLimit?: 'detach' | 'refuse';
}

/** A webhook target. Its identity is its name: changed settings keep the cursor. */
export interface WebhookOptions extends HttpOptions {
  readonly type?: 'webhook';
  readonly name: string;
  /** http or https. Path, query and user information are secrets: they appear nowhere but on the wire. */
  readonly url: string;
  /** Not created at all: no backlog. Default false. */
  readonly disabled?: boolean;
  /**
   * Where an endpoint of a new name begins: `now` (default) with what happens from then on, `oldest` with the oldest event that the log
   * has, a number with the event of that sequence. Means nothing for a name that is known.
   */
  readonly from?: 'now' | 'oldest' | number;
  /** Sent with each request; a list of values is sent as that many header lines. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** One deadline in ms over connect, headers and body, or over a handler. Default 1,000; of handlers and own transports 30,000. */
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
  /**
   * Age in ms from which an event is a dead letter, when the endpoint has taken nothing, or not this event, for as long, in time in which
   * it was tried.
   * Default 259,200,000 (72 hours).
   */
  readonly maxAgeMs?: number;
  /** Requests in flight at once, each of another lane. Default 16. */
  readonly concurrency?: number;
  /** Most events that it is sent, with a burst of at most one second's. Default: no limit. */
  readonly rate?: RateOptions;
  /** How many events one request may carry, where the format can carry several: a receiver must read all of them. */
  readonly batch?: BatchOptions;
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
  readonly signing?: SigningOptions;
  /** Beside the addresses for all endpoints: of equally narrow ranges the endpoint's own decides. */
  readonly addresses?: AddressOptions;
  /** What it says goes before what is said for all endpoints. */
  readonly backlog?: BacklogOptions;
}

/** What only has a meaning where HTTP is spoken. */
type HttpOption =
  'type' | 'url' | 'headers' | 'redirects' | 'layout' | 'tls' | 'signing' | 'addresses' | keyof HttpOptions;

/** What endpoints of every type have. */
type AnyEndpointOptions = Omit<WebhookOptions, HttpOption>;

/** Events as lines of JSON, one a line. */
interface LineOptions extends Omit<AnyEndpointOptions, 'timeoutMs'> {
  /** Bytes that a line may have; an event that needs more is refused, and ends as a dead letter. Default 2,097,152. */
  readonly maxLineBytes?: number;
}

/**
 * A file that events are appended to. A file that was moved away is made anew. What cannot be written waits in the log, as with any
 * endpoint that fails.
 */
export interface FileOptions extends LineOptions {
  readonly type: 'file';
  /** Of the file; its directory must exist. */
  readonly path: string;
  /** `always` (default): an event is taken when it is durable. `never`: when the operating system has it. */
  readonly fsync?: 'always' | 'never';
}

/** The standard output of the process. */
export interface StdoutOptions extends LineOptions {
  readonly type: 'stdout';
}

/** Handlers in this process: methods that are marked with `OnEndpointEvent`. They get every family of events, one event at a time. */
export interface EmitterOptions extends Omit<AnyEndpointOptions, 'format' | 'cloudevents' | 'batch'> {
  readonly type: 'emitter';
}

/** A way of the application's own. It gets the events as they are in the log, of every family. */
export interface CustomOptions extends Omit<AnyEndpointOptions, 'format' | 'cloudevents'> {
  readonly type: 'custom';
  /** Token of a provider that extends `SinkTransport`, in any module of the application: usually its class. */
  readonly transport: InjectionToken;
}

/** Somewhere that events go to. Its identity is its name: changed settings keep the cursor. */
export type EndpointOptions = WebhookOptions | FileOptions | StdoutOptions | EmitterOptions | CustomOptions;

/** Limits of the log. 0 sets none. */
export interface RetentionOptions {
  /** Default 604,800,000 (7 days). */
  readonly ageMs?: number;
  /** Bytes of events. Default 1 GiB. */
  readonly sizeBytes?: number;
  /** Age in ms from which dead letters are given up. Default 0: never. */
  readonly deadLetterAgeMs?: number;
}

/** What `NotificationsModule.forRoot` takes. */
export interface NotificationsOptions {
  readonly endpoints: readonly EndpointOptions[];
  /** Addresses that every endpoint may be reached at. */
  readonly addresses?: AddressOptions;
  /** Sent as `User-Agent`. Default `Herald/<version>`. */
  readonly userAgent?: string;
  /** How long in ms a shutdown waits for requests in flight before it abandons them. Default 10,000. */
  readonly drainTimeoutMs?: number;
  /** How much of the log is kept, for replays, of what every endpoint has. What one has still to receive is always kept. */
  readonly retention?: RetentionOptions;
  /** How much may wait for each endpoint. */
  readonly backlog?: BacklogOptions;
}
