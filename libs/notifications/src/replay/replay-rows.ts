import { WriteBatch, type Database, type Row } from '@herald/database';
import type { ReplayCounts, ReplayFailure, ReplayJob, ReplaySelection, ReplayState } from './replay-job.js';

interface JobRow extends Row {
  readonly number: number;
  readonly id: string;
  readonly endpoint: string;
  readonly selection: string;
  readonly state: ReplayState;
  readonly failure: ReplayFailure | null;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly cursor: number;
  readonly sent: number;
  readonly failed: number;
  readonly gone: number;
  readonly events: number | null;
  readonly rate_events: number | null;
  readonly rate_per_ms: number | null;
  readonly created_at_ms: number;
  readonly ended_at_ms: number | null;
}

/** A job that is to be made. */
export type NewReplay = Pick<ReplayJob, 'id' | 'endpoint' | 'selection' | 'rate' | 'createdAtMs'>;

/** Where a job begins and ends, and what of that is not in the log any more. */
export type Stretch = Pick<ReplayJob, 'firstSequence' | 'lastSequence' | 'gone'>;

/** Where a job stands. */
export interface ReplayProgress extends ReplayCounts {
  readonly state: ReplayState;
  readonly failure?: ReplayFailure;
  readonly cursor: number;
  readonly endedAtMs?: number;
}

const OPEN = "state IN ('waiting', 'running')";
const FREE_LETTERS = 'UPDATE dead_letters SET redrive = NULL WHERE redrive = ?';
const INSERT = `INSERT INTO replay_jobs
  (id, endpoint, selection, state, rate_events, rate_per_ms, created_at_ms, first_sequence, last_sequence, cursor, gone, events)`;

/** Adds a job for events of the log. */
export function writeReplay(
  batch: WriteBatch,
  job: NewReplay,
  { firstSequence, lastSequence, gone }: Stretch,
): void {
  batch.run(`${INSERT} VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, NULL)`, [
    ...valuesOf(job),
    firstSequence,
    lastSequence,
    firstSequence - 1,
    gone,
  ]);
}

/** Adds a job for dead letters that nobody sends again yet, and marks them. Undone when there are none. */
export function writeLettersReplay(
  batch: WriteBatch,
  job: NewReplay,
  letters: readonly number[] | undefined,
): void {
  const which = letters === undefined ? '' : ' AND id IN (SELECT value FROM json_each(?))';
  batch.run(`UPDATE dead_letters SET redrive = ? WHERE endpoint = ? AND redrive IS NULL${which}`, [
    job.id,
    job.endpoint,
    ...(letters === undefined ? [] : [JSON.stringify(letters)]),
  ]);
  batch.require('dead letters wait', 'SELECT 1 FROM dead_letters WHERE redrive = ? LIMIT 1', [job.id]);
  batch.run(
    `${INSERT} SELECT ?1, ?2, ?3, 'waiting', ?4, ?5, ?6, min(first_sequence), max(last_sequence), min(first_sequence) - 1, 0, sum(count)
     FROM dead_letters WHERE redrive = ?1`,
    valuesOf(job),
  );
}

function valuesOf({
  id,
  endpoint,
  selection,
  rate,
  createdAtMs,
}: NewReplay): readonly (string | number | null)[] {
  return [
    id,
    endpoint,
    JSON.stringify(selection),
    rate?.events ?? null,
    rate?.perMs ?? null,
    Math.trunc(createdAtMs),
  ];
}

/** Stores where a job stands. Once it was cancelled it stays so. Letters that an ended job has not sent are free again. */
export function writeReplayProgress(batch: WriteBatch, id: string, progress: ReplayProgress): void {
  const { state, failure, cursor, sent, failed, gone, endedAtMs } = progress;
  batch.run(
    `UPDATE replay_jobs SET state = CASE WHEN ${OPEN} THEN ?2 ELSE state END, failure = ?3, cursor = ?4, sent = ?5, failed = ?6,
       gone = ?7, ended_at_ms = coalesce(ended_at_ms, ?8) WHERE id = ?1`,
    [
      id,
      state,
      failure ?? null,
      cursor,
      sent,
      failed,
      gone,
      endedAtMs === undefined ? null : Math.trunc(endedAtMs),
    ],
  );
  if (endedAtMs !== undefined) batch.run(FREE_LETTERS, [id]);
}

/** Ends a job that has not ended. Its letters stay marked: whoever is still sending some of them frees them, or {@link freeLetters}. */
export function cancelReplay(batch: WriteBatch, id: string, nowMs: number): void {
  batch.run(
    `UPDATE replay_jobs SET state = 'cancelled', ended_at_ms = ? WHERE id = ? AND ${OPEN}`,
    [Math.trunc(nowMs), id],
    { rows: 1, precondition: 'the replay has not ended' },
  );
}

/** Lets letters that a job has not sent be sent, or given up, by others. */
export function freeLetters(batch: WriteBatch, id: string): void {
  batch.run(FREE_LETTERS, [id]);
}

/** Jobs that have ended and still have letters: the process was killed before it freed them. @throws DatabaseError */
export async function endedWithLetters(database: Database): Promise<readonly string[]> {
  const rows = await database.read<{ id: string }>(
    `SELECT id FROM replay_jobs WHERE NOT ${OPEN} AND EXISTS (SELECT 1 FROM dead_letters WHERE redrive = replay_jobs.id)`,
  );
  return rows.map(({ id }) => id);
}

/** Ends the jobs of an endpoint for which nothing is kept any more. */
export function endReplaysOfDisabled(batch: WriteBatch, endpoint: string, nowMs: number): void {
  batch.run(
    `UPDATE replay_jobs SET state = 'failed', failure = 'endpoint-disabled', ended_at_ms = ? WHERE endpoint = ? AND ${OPEN}`,
    [Math.trunc(nowMs), endpoint],
  );
  batch.run('UPDATE dead_letters SET redrive = NULL WHERE endpoint = ? AND redrive IS NOT NULL', [endpoint]);
}

/** Removes the jobs of an endpoint that ended, but for the last of them. */
export function forgetEndedReplays(batch: WriteBatch, endpoint: string, kept: number): void {
  const ended = `endpoint = ?1 AND NOT ${OPEN}`;
  batch.run(
    `DELETE FROM replay_jobs WHERE ${ended} AND number NOT IN
       (SELECT number FROM replay_jobs WHERE ${ended} ORDER BY number DESC LIMIT ?2)`,
    [endpoint, kept],
  );
}

/** The job of an endpoint that is to be worked on: the first that has not ended. @throws DatabaseError */
export async function nextReplay(database: Database, endpoint: string): Promise<ReplayJob | undefined> {
  const [row] = await database.read<JobRow>(
    `SELECT * FROM replay_jobs WHERE endpoint = ? AND ${OPEN} ORDER BY number LIMIT 1`,
    [endpoint],
  );
  return row && jobOf(row);
}

/** How many jobs of an endpoint have not ended. @throws DatabaseError */
export async function openReplays(database: Database, endpoint: string): Promise<number> {
  const [row] = await database.read<{ jobs: number }>(
    `SELECT count(*) AS jobs FROM replay_jobs WHERE endpoint = ? AND ${OPEN}`,
    [endpoint],
  );
  return row?.jobs ?? 0;
}

/** Jobs, the youngest first, those before a number; of one endpoint or of all. @throws DatabaseError */
export async function replayPage(
  database: Database,
  page: { readonly endpoint?: string; readonly before?: number; readonly limit: number },
): Promise<readonly ReplayJob[]> {
  const rows = await database.read<JobRow>(
    `SELECT * FROM replay_jobs WHERE (?1 IS NULL OR endpoint = ?1) AND (?2 IS NULL OR number < ?2) ORDER BY number DESC LIMIT ?3`,
    [page.endpoint ?? null, page.before ?? null, page.limit],
  );
  return rows.map(jobOf);
}

/** @throws DatabaseError */
export async function replayById(database: Database, id: string): Promise<ReplayJob | undefined> {
  const [row] = await database.read<JobRow>('SELECT * FROM replay_jobs WHERE id = ?', [id]);
  return row && jobOf(row);
}

function jobOf(row: JobRow): ReplayJob {
  const { rate_events: rate, rate_per_ms: perMs, ended_at_ms: endedAtMs, failure, events } = row;
  return {
    number: row.number,
    id: row.id,
    endpoint: row.endpoint,
    selection: JSON.parse(row.selection) as ReplaySelection,
    state: row.state,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    cursor: row.cursor,
    sent: row.sent,
    failed: row.failed,
    gone: row.gone,
    createdAtMs: row.created_at_ms,
    ...(events !== null && { events }),
    ...(rate !== null && perMs !== null && { rate: { events: rate, perMs } }),
    ...(endedAtMs !== null && { endedAtMs }),
    ...(failure !== null && { failure }),
  };
}
