import type { Database } from '@herald/database';
import type { EventLog } from '../event-log/event-log.js';
import type { LogRecord } from '../event-log/log-record.js';

/** A dead letter that is being sent again. */
export interface ReplayLetter {
  readonly id: number;
  /** Of a single event; a range has none. */
  readonly eventId?: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly count: number;
  readonly attempts: number;
}

/** An event that is to be sent again, and the dead letter that it lies in. */
export interface ReplayEntry {
  readonly record: LogRecord;
  readonly letter?: ReplayLetter;
}

/** What was found up to a sequence. */
export interface ReplayPage {
  readonly entries: readonly ReplayEntry[];
  /** Everything up to here was looked at. */
  readonly upTo: number;
  /** Letters that end there or before: what of them is not among the entries is not in the log, or not wanted, any more. */
  readonly finished: readonly ReplayLetter[];
}

/** The second reader over the log: pages of what a job sends again, in the order of the log. */
export abstract class ReplaySource {
  /**
   * The next page, which costs a bounded read.
   *
   * @param ceiling the endpoint's cursor: what live delivery is not done with is not overtaken
   * @throws DatabaseError
   */
  abstract read(after: number, ceiling: number, limit: number): Promise<ReplayPage>;
}

/** What a source reads. */
export interface SourceTools {
  readonly log: EventLog;
  readonly database: Database;
  /** Whether the endpoint wants an event by its own filter. */
  readonly wants: (record: LogRecord) => boolean;
  /** Whether the endpoint's format can express it. */
  readonly carries: (record: LogRecord) => boolean;
}
