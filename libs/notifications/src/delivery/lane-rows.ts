import type { Lane } from './lane.js';
import { NO_HISTORY, type LaneException, type Position, type Ticket } from './progress.js';

/** What is to be stored of an endpoint's lanes, in one transaction. */
export interface LaneChanges {
  readonly position: Position;
  /** New rows of the backlog: of each lane that gets some, in order. */
  readonly rows: readonly { readonly lane: string; readonly tickets: readonly Ticket[] }[];
  /** Lanes with rows: of each, the rows below `sequence` are to be removed. */
  readonly exceptions: readonly LaneException[];
  /** Lanes that have no rows any more. */
  readonly cleared: readonly string[];
}

interface Saving {
  readonly exceptions: readonly Lane[];
  readonly cleared: readonly Lane[];
}

/**
 * What is durable of an endpoint's progress: the cursor, and a row for each event that the cursor has passed and that is not done.
 *
 * Where the cursor is put is a choice, made at each save. *Light*: just before the first event that is not done, which costs no row;
 * what was done beyond it is repeated after a crash. *Full*: at the last event that was read, with a row for each that is not done;
 * nothing is repeated. Light is for the ordinary run of things, in which the first event that is not done changes all the time. Full
 * is when a lane waits, when an event became a dead letter (which must not happen twice), and when a light save would forget something
 * that was done before the last save: so a crash repeats at most what was done in the time of two saves.
 *
 * All rows lie at or below the cursor that is stored with them, so a restart reads them and then the log from the cursor on.
 */
export class LaneRows {
  readonly #lanes: Map<string, Lane>;
  /** Tickets that wait to become rows. */
  unsaved = 0;
  /** Last sequence that was read. */
  position: number;
  /** Events that are wanted and not done. */
  undone: number;
  /** Events that were wanted when they were read, and are not by the filter now in force. */
  released: number;
  #number: number;
  #dead: number;
  #mustBeFull = false;
  /** Highest sequence that was done, now and when the last changes were made. */
  #highestDone = 0;
  #highestDoneBefore = 0;
  #saving: Saving | undefined;

  constructor(position: Position, lanes: Map<string, Lane>) {
    this.#lanes = lanes;
    this.position = position.cursor;
    this.undone = position.deferred;
    this.released = position.number - position.delivered - position.deferred - position.dead;
    this.#number = position.number;
    this.#dead = position.dead;
  }

  get number(): number {
    return this.#number;
  }

  get dead(): number {
    return this.#dead;
  }

  get delivered(): number {
    return this.#number - this.undone - this.#dead - this.released;
  }

  /** An event was read and is wanted. Gives its number. */
  count(sequence: number): number {
    this.position = sequence;
    this.undone += 1;
    this.#number += 1;
    return this.#number;
  }

  /** Events were delivered, the last of them this. */
  deliver(count: number, lastSequence: number): void {
    this.undone -= count;
    this.#highestDone = Math.max(this.#highestDone, lastSequence);
  }

  /** Events that were not done became dead letters. */
  bury(count: number): void {
    if (count === 0) return;
    this.undone -= count;
    this.#dead += count;
    this.#mustBeFull = true;
  }

  /** Events that were dead letters were delivered after all, or given up. */
  exhume(count: number, fate: 'delivered' | 'given-up'): void {
    this.#dead -= count;
    if (fate === 'given-up') this.released += count;
  }

  /** The next changes are the last of this run: nothing that was done is to be repeated after them. */
  end(): void {
    this.#mustBeFull = true;
  }

  changes(): LaneChanges {
    const lanes = [...this.#lanes.values()];
    const first = firstOf(lanes.map((lane) => lane.firstUnstored));
    const forgetful = first !== undefined && first.sequence < this.#highestDoneBefore;
    this.#highestDoneBefore = this.#highestDone;
    return this.#mustBeFull || this.unsaved > 0 || forgetful ? this.#full(lanes) : this.#light(first, lanes);
  }

  /** What {@link changes} gave is durable. */
  saved(): void {
    const { exceptions, cleared } = this.#takeSaving();
    for (const lane of exceptions) {
      lane.storedUpTo = Math.max(lane.storedUpTo, lane.saving.at(-1)?.sequence ?? 0);
      lane.saving = [];
    }
    for (const lane of cleared) {
      lane.storedUpTo = 0;
      // It may have been forgotten already, and the one that has its name now be busy.
      if (lane.first === undefined && this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name);
    }
  }

  /** What {@link changes} gave could not be stored: the next changes include it. */
  notSaved(): void {
    const { exceptions, cleared } = this.#takeSaving();
    for (const lane of exceptions) {
      const lost = lane.saving.filter(
        ({ sequence }) => lane.unloaded !== undefined && sequence >= lane.unloaded,
      );
      lane.spill = [...lost, ...lane.spill];
      this.unsaved += lost.length;
      lane.saving = [];
    }
    for (const lane of [...exceptions, ...cleared]) lane.changed = true;
    this.#mustBeFull = true;
  }

  #takeSaving(): Saving {
    const saving = this.#saving ?? { exceptions: [], cleared: [] };
    this.#saving = undefined;
    return saving;
  }

  #full(lanes: readonly Lane[]): LaneChanges {
    for (const lane of lanes) {
      lane.saving = lane.unstored;
      this.unsaved -= lane.spill.length;
      lane.spill = [];
      if (lane.saving.length > 0) lane.changed = true;
    }
    this.#mustBeFull = false;
    return {
      position: {
        cursor: this.position,
        number: this.#number,
        deferred: this.undone,
        delivered: this.delivered,
        dead: this.#dead,
      },
      rows: lanes
        .filter(({ saving }) => saving.length > 0)
        .map(({ name, saving }) => ({ lane: name, tickets: saving })),
      ...this.#changedLanes(),
    };
  }

  #light(first: Ticket | undefined, lanes: readonly Lane[]): LaneChanges {
    const number = first === undefined ? this.#number : first.number - 1;
    const beyond = lanes.reduce((sum, { unstoredCount }) => sum + unstoredCount, 0);
    const deferred = this.undone - beyond;
    return {
      position: {
        cursor: first === undefined ? this.position : first.sequence - 1,
        number,
        deferred,
        delivered: number - deferred - this.#dead - this.released,
        dead: this.#dead,
      },
      rows: [],
      ...this.#changedLanes(),
    };
  }

  #changedLanes(): Pick<LaneChanges, 'exceptions' | 'cleared'> {
    const changed = [...this.#lanes.values()].filter((lane) => lane.changed);
    for (const lane of changed) lane.changed = false;
    const exceptions = changed.filter((lane) => hasRowsAfter(lane));
    const cleared = changed.filter((lane) => !hasRowsAfter(lane));
    this.#saving = { exceptions, cleared };
    return { exceptions: exceptions.map(exceptionOf), cleared: cleared.map((lane) => lane.name) };
  }
}

/** True when the lane's first event that is not done is a row once the changes are stored. */
function hasRowsAfter(lane: Lane): boolean {
  const durable = Math.max(lane.storedUpTo, lane.saving.at(-1)?.sequence ?? 0);
  return lane.first !== undefined && lane.first <= durable;
}

function exceptionOf(lane: Lane): LaneException {
  return {
    lane: lane.name,
    sequence: lane.first ?? 0,
    timeMs: lane.timeMs,
    dueMs: lane.dueMs,
    // Of the first, not of the head: what was tried with an event that was set aside is not asked again.
    history: lane.suspects.length > 0 ? NO_HISTORY : lane.history,
  };
}

function firstOf(tickets: readonly (Ticket | undefined)[]): Ticket | undefined {
  let first: Ticket | undefined;
  for (const ticket of tickets) {
    if (ticket !== undefined && ticket.sequence < (first?.sequence ?? Number.POSITIVE_INFINITY))
      first = ticket;
  }
  return first;
}
