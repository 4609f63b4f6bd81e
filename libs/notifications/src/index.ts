export { Clock, SystemClock } from './delivery/clock.js';
export { Jitter } from './delivery/schedule.js';
export type { AttemptResult, Cut, Fault } from './delivery/attempt.js';
export type { BreakerName } from './delivery/breaker.js';
export type { Outcome } from './delivery/outcome.js';
export { DeadLetters, type StoredLetter } from './dead-letters/dead-letters.js';
export type {
  EventsToReplay,
  LettersToReplay,
  ReplayFailure,
  ReplayJob,
  ReplayRequest,
  ReplaySelection,
  ReplayState,
  ReplayEstimate,
} from './replay/replay-job.js';
export { Replays } from './replay/replays.js';
export type { DeadLetter } from './delivery/progress.js';
export type {
  Action,
  EventActor,
  EventDescriptor,
  EventRequest,
  EventSource,
  EventTarget,
  RegistryEvent,
  RegistryEventDetail,
  RegistryEventType,
  TargetKind,
} from './event/registry-event.js';
export type { EncodeContext, EncodedRequest, Format } from './event/format.js';
export { formatOf } from './event/format.js';
export { compileExpression } from './event/patterns/expression.js';
export { FilterError, type FilterErrorCode } from './event/filter.error.js';
export { compileFilter, type Filter } from './event/filter.js';
export { FormatError, type FormatErrorCode } from './event/format.error.js';
export { EventIds, UuidEventIds } from './event-log/event-ids.js';
export type { DetachedEndpoint } from './event-log/endpoint-states.js';
export { EventPages, type EventPage, type EventQuery } from './event-log/event-pages.js';
export { COPIED_LOG } from './event-log/log-identity.js';
export { EventLog } from './event-log/event-log.js';
export type { EventDraft, LogRecord } from './event-log/log-record.js';
export type { NewEvent } from './event-log/new-event.js';
export { notificationsMigrations } from './event-log/schema.js';
export {
  NotificationsHealthIndicator,
  type EndpointHealth,
} from './health/notifications.health-indicator.js';
export {
  DeliveryObserver,
  DeliveryObservers,
  type AttemptObservation,
  type DeliveryObservation,
} from './metrics/delivery-observer.js';
export type { EndpointMetricsSnapshot, ErrorClass } from './metrics/endpoint-metrics.js';
export { RecentAttempts, type RecentAttempt } from './metrics/recent-attempts.js';
export { NotificationsError, type NotificationsErrorCode } from './notifications.error.js';
export { NotificationsModule } from './notifications.module.js';
export type { NotificationsExtras } from './notifications.module-definition.js';
export { checkedOptions } from './notifications.options-check.js';
export type {
  AddressOptions,
  BacklogOptions,
  BatchOptions,
  CloudEventsOptions,
  CustomOptions,
  EmitterOptions,
  EndpointOptions,
  EndpointTlsOptions,
  EventSelection,
  FileOptions,
  FormatName,
  IgnoreOptions,
  NotificationsOptions,
  PemSource,
  RateOptions,
  RetentionOptions,
  SigningOptions,
  StdoutOptions,
  WebhookOptions,
} from './notifications.options.js';
export type { HandshakeOptions, HttpOptions, TimeoutOptions } from './http/http.options.js';
export { isProxySetting } from './http/proxy/proxy.js';
export type { ProxyFault } from './http/proxy/proxy.error.js';
export { HostResolver, SystemHostResolver, type ResolvedAddress } from './http/addresses/host-resolver.js';
export { SigningKeyError } from './signing/signing-key.error.js';
export { verifyWebhook, WebhookVerifier } from './signing/verify-webhook.js';
export type {
  WebhookHeaders,
  WebhookRefusal,
  WebhookRequest,
  WebhookVerification,
} from './signing/verify-webhook.js';
export { webhookKeySet, type WebhookKeySet, type WebhookPublicKey } from './signing/webhook-key-set.js';
export {
  WEBHOOK_GUARD_OPTIONS,
  WebhookGuard,
  type VerifiedRequest,
  type WebhookGuardOptions,
} from './signing/webhook.guard.js';
export { isAddressRange, signingKeyFault, tlsFaults, type TrustFault } from './trust-faults.js';
export { isWebhook } from './endpoint-types.js';
export { Broadcaster } from './sinks/broadcaster.js';
export type { EndpointDetail, EventStanding, LaneDetail } from './sinks/endpoint-detail.js';
export { EndpointSink, type TestDelivery } from './sinks/endpoint-sink.js';
export type { ChangedEndpoint, EndpointsConfiguration, Reconfiguration } from './sinks/reconfiguration.js';
export { Sink } from './sinks/sink.js';
export { OnEndpointEvent, type EndpointEvent } from './transports/on-endpoint-event.js';
export { SinkTransport } from './transports/sink-transport.js';
export type { Envelope } from './transports/transport.js';
export { HERALD_USER_AGENT, HERALD_VERSION } from './version.js';
