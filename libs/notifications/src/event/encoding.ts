import type { LogRecord } from '../event-log/log-record.js';
import type { FormatName } from '../notifications.options.js';

/** What a format cannot know of itself. */
export interface EncodeContext {
  /** The endpoint's own number of each record, in the records' order. */
  readonly sequences: readonly number[];
  /** The replay that sends them. */
  readonly replay?: string;
}

/** The same for one event. */
export interface ElementContext {
  readonly sequence?: number | undefined;
  readonly replay?: string | undefined;
}

/** What a format makes of events: the part of a request that depends on them. */
export interface EncodedRequest {
  readonly contentType: string;
  /** Names in lower case, without `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How events become a request. Formats have no state: the same records give the same bytes. */
export interface Format {
  readonly name: FormatName;
  /** Most events that one request can carry; `Infinity` when the format sets no limit. */
  readonly maxEvents: number;
  /** The same for formats that make the same requests of the same events whatever the endpoint; undefined when one puts its numbers in. */
  readonly sharedAs?: string;
  /** Whether it can express this event. What a format does not carry is not meant for the endpoint. */
  carries(record: LogRecord): boolean;
  /** Bytes that the event adds to a request, at most: it may be less when it is encoded. */
  sizeOf(record: LogRecord): number;
  /** An event by itself as JSON text of one line; its number and its replay only where the format has a place for them. */
  element(record: LogRecord, context?: ElementContext): string;
  /** @throws FormatError `NO_EVENTS`, `TOO_MANY_EVENTS`: the caller's fault, not the events' */
  encode(records: readonly LogRecord[], context: EncodeContext): EncodedRequest;
}
