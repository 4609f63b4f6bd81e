/**
 * - `OPTIONS_INVALID` the module's options are wrong; the message names every fault by its path
 * - `EVENT_INVALID` an event cannot be published as it is
 * - `EVENT_TOO_LARGE` an event's data is over the limit
 * - `BACKLOG_FULL` an endpoint's backlog has reached its bound, and its events are refused until it has taken some
 * - `REPLAY_INVALID` a replay that is asked for is not what it should be
 * - `ENDPOINT_UNKNOWN` no endpoint of that name is configured and enabled
 * - `CLOSED` the application is shutting down
 * - `RAW_BODY_MISSING` a receiver's application does not keep the bytes that a webhook's signature is over
 */
export type NotificationsErrorCode =
  | 'BACKLOG_FULL'
  | 'OPTIONS_INVALID'
  | 'REPLAY_INVALID'
  | 'EVENT_INVALID'
  | 'EVENT_TOO_LARGE'
  | 'ENDPOINT_UNKNOWN'
  | 'CLOSED'
  | 'RAW_BODY_MISSING';

/** What this library refuses. Deliveries that fail are no errors: they are outcomes. */
export class NotificationsError extends Error {
  override readonly name = 'NotificationsError';

  constructor(
    readonly code: NotificationsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
