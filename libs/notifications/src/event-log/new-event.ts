import { NotificationsError } from '../notifications.error.js';
import type { EventDraft } from './log-record.js';

/** An event of an application's own. */
export interface NewEvent {
  /** Dotted, the family first: `orders.order.paid`. The families `registry` and `herald` are taken. */
  readonly type: string;
  /** What has to stay in order: events of one lane arrive in the order in which they were published. */
  readonly lane: string;
  /** Sent as JSON. At most 1 MiB of it. */
  readonly data: object;
  /** A UUID of the caller's own: publishing it a second time changes nothing. By default a new UUIDv7. */
  readonly id?: string;
  /** When it happened. By default now. */
  readonly time?: Date;
}

/** Bytes of JSON that one event may carry: what a receiver can be expected to take. */
export const MAX_DATA_BYTES = 1024 * 1024;

const MAX_LANE_LENGTH = 512;
const TYPE = /^(?=.{3,128}$)[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+$/i;
const RESERVED = /^(?:registry|herald)\./i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// oxlint's no-control-regex would refuse the escapes themselves, so the class is named.
const CONTROL = /\p{Cc}/u;

/** The event as the log takes it, serialised once and for all. @throws NotificationsError `EVENT_INVALID`, `EVENT_TOO_LARGE` */
export function draftOf(event: NewEvent, defaults: { id: () => string; nowMs: number }): EventDraft {
  assertType(event.type);
  assertLane(event.lane);
  if (event.id !== undefined && !UUID.test(event.id)) throw invalid('id must be a UUID');
  const timeMs = event.time?.getTime() ?? defaults.nowMs;
  if (!Number.isSafeInteger(timeMs)) throw invalid('time must be a valid date');
  return {
    id: event.id?.toLowerCase() ?? defaults.id(),
    lane: event.lane,
    type: event.type,
    timeMs,
    data: serialise(event.data),
  };
}

function assertType(type: string): void {
  if (typeof type !== 'string' || !TYPE.test(type)) {
    throw invalid('type must be dotted words, the family first, as in orders.order.paid');
  }
  if (RESERVED.test(type))
    throw invalid('types of the families registry and herald are made by Herald alone');
}

function assertLane(lane: string): void {
  if (typeof lane !== 'string' || lane === '' || lane.length > MAX_LANE_LENGTH || CONTROL.test(lane)) {
    throw invalid(`lane must have 1 to ${MAX_LANE_LENGTH} characters, none of them a control character`);
  }
}

function serialise(data: object): string {
  if (typeof data !== 'object' || data === null) throw invalid('data must be an object');
  const json = stringify(data);
  const sizeBytes = Buffer.byteLength(json);
  if (sizeBytes > MAX_DATA_BYTES) {
    throw new NotificationsError(
      'EVENT_TOO_LARGE',
      `the event's data has ${sizeBytes} bytes of JSON and may have ${MAX_DATA_BYTES}: send a reference to it instead`,
    );
  }
  return json;
}

function stringify(data: object): string {
  try {
    const json: unknown = JSON.stringify(data);
    // An object's own toJSON may give anything, nothing included.
    if (typeof json === 'string') return json;
  } catch (error) {
    throw new NotificationsError('EVENT_INVALID', 'data cannot be written as JSON', { cause: error });
  }
  throw invalid('data cannot be written as JSON');
}

function invalid(what: string): NotificationsError {
  return new NotificationsError('EVENT_INVALID', what);
}
