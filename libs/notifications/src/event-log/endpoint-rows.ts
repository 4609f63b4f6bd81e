import { WriteBatch, type Database, type Row } from '@herald/database';
import type { NumberedRecord } from '../delivery/lane.js';
import type { LoadRequest } from '../delivery/lane-intake.js';
import type { LaneChanges } from '../delivery/lane-rows.js';
import { NO_HISTORY, type LaneException, type Position } from '../delivery/progress.js';
import { writeLetters, type LetterChanges } from '../dead-letters/letter-rows.js';
import { recordOf, type EventRow } from './event-log.js';
import type { LogRecord } from './log-record.js';

/**
 * - `paused`: an operator has nothing sent to the endpoint
 * - `retired`: the endpoint answered 410 and is sent nothing until an operator says so
 * - `overflowed`: so much waited for it that its bound on backlog was reached: it is sent nothing until an operator says so
 * - `disabled`: an operator has nothing kept for it until it is enabled
 *
 * In the first two its events wait; in `overflowed` they are part of a dead letter; in `disabled` those are that were there before.
 */
export type EndpointState = 'active' | 'paused' | 'retired' | CutOff;

/** Why an endpoint was cut off from its events: what it had not got is one dead letter, which holds no part of the log. */
export type CutOff = 'overflowed' | 'disabled';

/** What is stored of an endpoint. Times are ms since 1970. */
export interface EndpointProgress {
  readonly retired: boolean;
  readonly paused: boolean;
  /** Undefined unless it was cut off. */
  readonly cutOff: CutOff | undefined;
  /** ms in which it took nothing although it was tried, while the program ran and it was not paused. */
  readonly failingMs: number;
  /** The endpoint asked to be left alone until then. */
  readonly notBeforeMs: number;
  readonly position: Position;
  /** Up to here the events that it wants are counted, and there are so many. */
  readonly judged: number;
  readonly wanted: number;
  /** Bytes of the events that `wanted` counts. */
  readonly wantedBytes: number;
  /** Bytes of the events that `position.number` counts. */
  readonly numberBytes: number;
  readonly exceptions: readonly LaneException[];
}

/** Changes of one endpoint, all stored or none. Whether it is paused or cut off is stored by who makes it so. */
export interface EndpointChanges extends Omit<
  EndpointProgress,
  'exceptions' | 'position' | 'paused' | 'cutOff'
> {
  readonly lanes: LaneChanges;
  readonly letters: LetterChanges;
}

interface EndpointRow extends Row {
  readonly state: 'active' | 'retired';
  readonly paused_at_ms: number | null;
  readonly overflowed_at_ms: number | null;
  readonly disabled_at_ms: number | null;
  readonly failing_ms: number;
  readonly not_before_ms: number;
  readonly cursor: number;
  readonly number: number;
  readonly deferred: number;
  readonly delivered: number;
  readonly dead: number;
  readonly judged: number;
  readonly wanted: number;
  readonly wanted_bytes: number;
  readonly number_bytes: number;
}

interface ExceptionRow extends Row {
  readonly lane: string;
  readonly sequence: number;
  readonly time_ms: number;
  readonly due_ms: number;
  readonly attempts: number;
  readonly refusals: number;
  readonly strikes: number;
  readonly failing_ms: number;
}

/** Where an endpoint stands; undefined when the database does not know it. */
export async function readProgress(database: Database, name: string): Promise<EndpointProgress | undefined> {
  const [row] = await database.read<EndpointRow>('SELECT * FROM endpoints WHERE name = ?', [name]);
  if (row === undefined) return undefined;
  const exceptions = await database.read<ExceptionRow>('SELECT * FROM lane_exceptions WHERE endpoint = ?', [
    name,
  ]);
  const { cursor, number, deferred, delivered, dead } = row;
  return {
    retired: row.state === 'retired',
    paused: row.paused_at_ms !== null,
    cutOff: cutOffOf(row),
    failingMs: row.failing_ms,
    notBeforeMs: row.not_before_ms,
    position: { cursor, number, deferred, delivered, dead },
    judged: row.judged,
    wanted: row.wanted,
    wantedBytes: row.wanted_bytes,
    numberBytes: row.number_bytes,
    exceptions: exceptions.map(
      ({ lane, sequence, time_ms, due_ms, attempts, refusals, strikes, failing_ms }) => ({
        lane,
        failingMs: failing_ms,
        sequence,
        timeMs: time_ms,
        dueMs: due_ms,
        history: { ...NO_HISTORY, attempts, refusals, strikes },
      }),
    ),
  };
}

function cutOffOf(row: EndpointRow): CutOff | undefined {
  if (row.disabled_at_ms !== null) return 'disabled';
  return row.overflowed_at_ms === null ? undefined : 'overflowed';
}

/** Events of a lane's backlog, in order, at most `limit`; of each, whether the filter now in force wants it. */
export async function readBacklog(
  database: Database,
  endpoint: string,
  { lane, from, upTo }: LoadRequest,
  limit: number,
  wants: (record: NumberedRecord['record']) => boolean,
): Promise<readonly NumberedRecord[]> {
  const rows = await database.read<EventRow & { number: number }>(
    `SELECT b.number, e.sequence, e.id, e.lane, e.type, e.time_ms, e.data, e.detail
     FROM lane_backlog b JOIN events e ON e.sequence = b.sequence
     WHERE b.endpoint = ? AND b.lane = ? AND b.sequence BETWEEN ? AND ? ORDER BY b.sequence LIMIT ?`,
    [endpoint, lane, from, upTo, limit],
  );
  return rows.map((row) => {
    const record = recordOf(row);
    return { sequence: record.sequence, number: row.number, lane, record, wanted: wants(record) };
  });
}

/** An event that an endpoint's cursor has passed and that it has not got, and the lane that it waits in there. */
export interface UndoneRecord {
  readonly lane: string;
  readonly record: LogRecord;
}

/** Events of the backlog of all of an endpoint's lanes, by lane and sequence, after a place; at most `limit`. */
export async function readUndone(
  database: Database,
  endpoint: string,
  after: { readonly lane: string; readonly sequence: number },
  limit: number,
): Promise<readonly UndoneRecord[]> {
  const rows = await database.read<EventRow & { backlog_lane: string }>(
    `SELECT b.lane AS backlog_lane, e.sequence, e.id, e.lane, e.type, e.time_ms, e.data, e.detail
     FROM lane_backlog b JOIN events e ON e.sequence = b.sequence
     WHERE b.endpoint = ? AND (b.lane, b.sequence) > (?, ?) ORDER BY b.lane, b.sequence LIMIT ?`,
    [endpoint, after.lane, after.sequence, limit],
  );
  return rows.map((row) => ({ lane: row.backlog_lane, record: recordOf(row) }));
}

/** Adds an endpoint's changes to a batch. Adding the same changes again later does no harm. */
export function writeProgress(batch: WriteBatch, name: string, changes: EndpointChanges): void {
  const { cursor, number, deferred, delivered, dead } = changes.lanes.position;
  batch.run(
    `UPDATE endpoints SET state = ?, failing_ms = ?, not_before_ms = ?, cursor = ?, number = ?, deferred = ?, delivered = ?, dead = ?,
       judged = ?, wanted = ?, wanted_bytes = ?, number_bytes = ? WHERE name = ?`,
    [
      changes.retired ? 'retired' : 'active',
      Math.trunc(changes.failingMs),
      Math.trunc(changes.notBeforeMs),
      cursor,
      number,
      deferred,
      delivered,
      dead,
      changes.judged,
      changes.wanted,
      changes.wantedBytes,
      changes.numberBytes,
      name,
    ],
  );
  writeLanes(batch, name, changes.lanes);
  writeLetters(batch, name, changes.letters);
}

/** Adds the rows of one lane, `?3` their numbers by their sequences: a statement for each row would be thousands. */
const ADD_ROWS = `INSERT INTO lane_backlog (endpoint, lane, sequence, number)
  SELECT ?1, ?2, CAST(key AS INTEGER), value FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`;

function writeLanes(batch: WriteBatch, name: string, { rows, exceptions, cleared }: LaneChanges): void {
  for (const { lane, tickets } of rows) {
    const numbers = tickets.map(({ sequence, number }) => [sequence, number] as const);
    batch.run(ADD_ROWS, [name, lane, JSON.stringify(Object.fromEntries(numbers))]);
  }
  for (const { lane, sequence, timeMs, dueMs, history, failingMs = 0 } of exceptions) {
    batch.run('DELETE FROM lane_backlog WHERE endpoint = ? AND lane = ? AND sequence < ?', [
      name,
      lane,
      sequence,
    ]);
    batch.run(
      `INSERT OR REPLACE INTO lane_exceptions (endpoint, lane, sequence, time_ms, due_ms, attempts, refusals, strikes, failing_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        name,
        lane,
        sequence,
        Math.trunc(timeMs),
        Math.trunc(dueMs),
        history.attempts,
        history.refusals,
        history.strikes,
        Math.trunc(failingMs),
      ],
    );
  }
  for (const lane of cleared) {
    batch.run('DELETE FROM lane_backlog WHERE endpoint = ? AND lane = ?', [name, lane]);
    batch.run('DELETE FROM lane_exceptions WHERE endpoint = ? AND lane = ?', [name, lane]);
  }
}
