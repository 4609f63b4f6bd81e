import type { LogRecord } from '../event-log/log-record.js';
import type { NumberedRecord } from './lane.js';
import type { LaneRows } from './lane-rows.js';
import type { LaneStates } from './lane-states.js';

/** What may be in memory at once, whatever lies in the log. */
export interface LaneLimits {
  /** Records, at first. */
  readonly records: number;
  /** Records, however much is sent at once. */
  readonly mostRecords: number;
  /** Characters of records. */
  readonly characters: number;
  /** Lanes with something to do. */
  readonly lanes: number;
  /** Tickets on their way to the disk. */
  readonly tickets: number;
}

export const LANE_LIMITS: LaneLimits = {
  records: 256,
  mostRecords: 16_384,
  characters: 8 * 1024 * 1024,
  lanes: 1_000,
  tickets: 4_096,
};

/** Rows of a lane's backlog that are to be loaded. */
export interface LoadRequest {
  readonly lane: string;
  /** First and last sequence, both included. */
  readonly from: number;
  readonly upTo: number;
}

/** How events come into the lanes: from the log in its order, and from the backlog of a lane when its wait is over. */
export class LaneIntake {
  #window: number;

  constructor(
    private readonly states: LaneStates,
    private readonly rows: LaneRows,
    private readonly limits: LaneLimits,
  ) {
    this.#window = limits.records;
  }

  /** So many records can be of use at once: the window is made as wide, within its limits. */
  widen(records: number): void {
    this.#window = Math.min(Math.max(records, this.limits.records), this.limits.mostRecords);
  }

  /** Records that may be read from the log now: none until half of the window is free, so that they come in pages. */
  get room(): number {
    const { characters, lanes, tickets } = this.limits;
    const { held, heldCharacters, lanes: known } = this.states;
    if (heldCharacters > characters || known.size >= lanes || this.rows.unsaved >= tickets) return 0;
    const room = this.#window - held;
    return room * 2 >= this.#window ? room : 0;
  }

  /** The next event of the log: the endpoint does not want it. */
  skip(sequence: number): void {
    this.rows.position = sequence;
  }

  /** The next event of the log: the endpoint wants it, and wants it in order with the others of this lane. */
  add(record: LogRecord, name: string = record.lane): void {
    const ticket = { sequence: record.sequence, number: this.rows.count(record.sequence) };
    const lane = this.states.lane(name);
    if (lane.unloaded === undefined) {
      lane.queue.push({ ...ticket, record, lane: name, wanted: true });
      this.states.hold(record);
      if (lane.state === 'idle') this.states.enter(lane, 'ready');
    } else {
      lane.spill.push(ticket);
      this.rows.unsaved += 1;
    }
  }

  /** True when a lane is due whose events must become rows before they can be loaded. */
  get needsSaving(): boolean {
    for (const lane of this.states.due) if (lane.storedUpTo < (lane.unloaded ?? 0)) return true;
    return false;
  }

  /** True when a lane is due: its events come before what the log has next, or that would have to be stored for it too. */
  get hasDue(): boolean {
    return this.states.due.size > 0;
  }

  /** The next lane to load, if one is due and its rows are there. It is `loading` until {@link loaded} or {@link notLoaded}. */
  load(): LoadRequest | undefined {
    for (const lane of this.states.due) {
      if (lane.unloaded !== undefined && lane.unloaded <= lane.storedUpTo) {
        this.states.enter(lane, 'loading');
        return { lane: lane.name, from: lane.unloaded, upTo: lane.storedUpTo };
      }
    }
    return undefined;
  }

  /** The rows of a request, in order; `complete` when there are no more up to its end. */
  loaded(request: LoadRequest, records: readonly NumberedRecord[], complete: boolean): void {
    const lane = this.states.lanes.get(request.lane);
    if (lane?.state !== 'loading') return;
    // Suspects came back while it was read: what was read is not the head any more.
    if (lane.unloaded !== request.from) {
      this.states.enter(lane, 'due');
      return;
    }
    lane.queue = [...records];
    for (const { record } of records) this.states.hold(record);
    const last = complete ? request.upTo : (records.at(-1)?.sequence ?? request.upTo);
    const everything = last === lane.storedUpTo && lane.spill.length === 0 && lane.saving.length === 0;
    lane.unloaded = everything ? undefined : last + 1;
    if (records.length === 0) lane.changed = true;
    this.states.advance(lane);
  }

  /** The rows of a request could not be read. */
  notLoaded(request: LoadRequest): void {
    const lane = this.states.lanes.get(request.lane);
    if (lane?.state === 'loading') this.states.enter(lane, 'due');
  }
}
