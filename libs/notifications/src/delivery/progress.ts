/** An event's place in the log and in the stream of one endpoint. */
export interface Ticket {
  readonly sequence: number;
  /** Counts what this endpoint wants, from 1, without gaps: sent as `Herald-Sequence`. */
  readonly number: number;
}

/** What was tried with the head of a lane. */
export interface History {
  readonly attempts: number;
  /** Times that the endpoint refused it (its own fault). */
  readonly refusals: number;
  /** Times that the endpoint failed over it while it accepted others in between. */
  readonly strikes: number;
  /** What the endpoint had accepted in this run of the process when the last strike was counted. Not stored. */
  readonly acceptedBefore: number;
  /**
   * Since when it fails, alone in its requests: of the monotonic clock, put forward by each pause, so that the difference to now is
   * running, unpaused time. Stored is that difference.
   */
  readonly failingSinceMs?: number;
}

export const NO_HISTORY: History = { attempts: 0, refusals: 0, strikes: 0, acceptedBefore: 0 };

/** A lane of which the cursor has passed events that are still to be delivered. */
export interface LaneException {
  readonly lane: string;
  /** The first of them. */
  readonly sequence: number;
  /** When that happened, ms since 1970. */
  readonly timeMs: number;
  /** When it is to be sent: ms since 1970 where stored, of the monotonic clock within the process. */
  readonly dueMs: number;
  readonly history: History;
  /** ms that it has failed alone, in running, unpaused time. Only where stored. */
  readonly failingMs?: number;
}

/** Where an endpoint stands; see `event-log/schema.ts` for what each of these promises. */
export interface Position {
  readonly cursor: number;
  readonly number: number;
  readonly deferred: number;
  readonly delivered: number;
  readonly dead: number;
}

/** An event that an endpoint did not take, or a range of them. */
export interface DeadLetter {
  readonly lane?: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly count: number;
  readonly eventId?: string;
  /**
   * `refused`: it answered 4xx each time; `poison`: it failed over it each time while it took others; `expired`: it took nothing, or not
   * this event, for so long that it grew too old; `overflow`: so much waited for it that its bound was reached;
   * `disabled`: it had not got it when an operator disabled it.
   */
  readonly reason: 'refused' | 'poison' | 'expired' | 'overflow' | 'disabled';
  readonly attempts: number;
  readonly lastStatus?: number;
  readonly lastAnswer?: string;
}
