import type { LaneChanges } from '../src/delivery/lane-rows.js';
import type { LaneException, Position } from '../src/delivery/progress.js';

export const NOWHERE: Position = { cursor: 0, number: 0, deferred: 0, delivered: 0, dead: 0 };

/** Rows as the database keeps them. */
export class Disk {
  position: Position = NOWHERE;
  exceptions = new Map<string, LaneException>();
  rows = new Map<number, { lane: string; number: number }>();

  store({ position, rows, exceptions, cleared }: LaneChanges): void {
    this.position = position;
    for (const { lane, tickets } of rows)
      for (const { sequence, number } of tickets) this.rows.set(sequence, { lane, number });
    for (const exception of exceptions) {
      this.exceptions.set(exception.lane, exception);
      this.#remove(exception.lane, exception.sequence);
    }
    for (const lane of cleared) {
      this.exceptions.delete(lane);
      this.#remove(lane, Number.POSITIVE_INFINITY);
    }
  }

  #remove(lane: string, below: number): void {
    for (const [sequence, row] of this.rows)
      if (row.lane === lane && sequence < below) this.rows.delete(sequence);
  }
}
