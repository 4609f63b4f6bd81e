import type { LogRecord } from '../event-log/log-record.js';
import { Lane, type LaneState } from './lane.js';
import type { LaneRows } from './lane-rows.js';

/**
 * The lanes of one endpoint by state, and what they hold in memory. Every change of a lane's state goes through here, so that a lane
 * is in exactly one of the sets, and only while it is in that state.
 */
export class LaneStates {
  readonly ready = new Set<Lane>();
  readonly due = new Set<Lane>();
  readonly waiting = new Set<Lane>();
  /** Records in memory, and their characters. */
  held = 0;
  heldCharacters = 0;
  /** Events that the filter leaves out, behind ones that were set aside. */
  passed = 0;
  /** When the first of the waiting lanes is due; infinite when none waits. */
  earliestDueMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly lanes: Map<string, Lane>,
    readonly rows: LaneRows,
  ) {}

  /** The lane of that name, a new one if it is not known. */
  lane(name: string): Lane {
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(name);
      this.lanes.set(name, lane);
    }
    return lane;
  }

  enter(lane: Lane, state: LaneState): void {
    this.ready.delete(lane);
    this.due.delete(lane);
    this.waiting.delete(lane);
    lane.state = state;
    if (state === 'ready') this.ready.add(lane);
    if (state === 'due') this.due.add(lane);
    if (state === 'waiting') this.waiting.add(lane);
  }

  /** The lane waits, with nothing in memory. */
  wait(lane: Lane, dueMs: number): void {
    lane.dueMs = dueMs;
    this.enter(lane, 'waiting');
    this.earliestDueMs = Math.min(this.earliestDueMs, dueMs);
  }

  /** Lanes whose wait is over become due. */
  wake(nowMs: number): void {
    if (nowMs < this.earliestDueMs) return;
    this.earliestDueMs = Number.POSITIVE_INFINITY;
    for (const lane of this.waiting) {
      if (lane.dueMs <= nowMs) this.enter(lane, 'due');
      else this.earliestDueMs = Math.min(this.earliestDueMs, lane.dueMs);
    }
  }

  /** The lane goes on with what is next in it: in memory, on disk, or nothing. */
  advance(lane: Lane): void {
    this.#dropUnwanted(lane);
    if (lane.queue.length > 0) this.enter(lane, 'ready');
    else if (lane.unloaded !== undefined) this.enter(lane, 'due');
    else {
      this.enter(lane, 'idle');
      if (lane.first === undefined && !lane.hasRows) this.lanes.delete(lane.name);
    }
  }

  hold(record: LogRecord): void {
    this.held += 1;
    this.heldCharacters += sizeOf(record);
  }

  /** The first events of the queue leave the memory. They are not counted as done. */
  shift(lane: Lane, count: number): void {
    for (const { record } of lane.queue.slice(0, count)) this.#letGo(record);
    lane.shift(count);
  }

  /** All events of the queue leave the memory, and become rows. */
  unload(lane: Lane): void {
    for (const { record } of lane.queue) this.#letGo(record);
    this.rows.unsaved += lane.unload();
  }

  /** The lane's suspects come first again; nothing of it stays in memory. */
  reconsider(lane: Lane, dueMs: number): void {
    lane.reconsider = false;
    this.#forgetPassed(lane);
    for (const { record } of lane.queue) this.#letGo(record);
    this.rows.unsaved += lane.unloadSuspects();
    if (lane.state !== 'loading') this.wait(lane, dueMs);
  }

  #dropUnwanted(lane: Lane): void {
    const count = lane.queue.findIndex(({ wanted }) => wanted);
    const unwanted = count === -1 ? lane.queue.length : count;
    if (unwanted === 0) return;
    this.shift(lane, unwanted);
    lane.passed += unwanted;
    this.passed += unwanted;
    if (lane.suspects.length === 0) this.release(lane);
  }

  /** Nothing before them comes again: what the filter leaves out is done with. */
  release(lane: Lane): void {
    this.rows.undone -= lane.passed;
    this.rows.released += lane.passed;
    this.#forgetPassed(lane);
  }

  #forgetPassed(lane: Lane): void {
    this.passed -= lane.passed;
    lane.passed = 0;
  }

  #letGo(record: LogRecord): void {
    this.held -= 1;
    this.heldCharacters -= sizeOf(record);
  }
}

function sizeOf({ data, detail }: LogRecord): number {
  return data.length + (detail?.length ?? 0);
}
