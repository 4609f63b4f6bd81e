import { WriteBatch, type Database } from '@herald/database';
import { endReplaysOfDisabled } from '../replay/replay-rows.js';

/**
 * Where an endpoint of a new name begins: with what happens from `now` on, with the `oldest` event that the log has, or with the event
 * of a sequence.
 */
export type Beginning = 'now' | 'oldest' | number;

/** What identifies an endpoint in the database, and what it wants. */
export interface EndpointIdentity {
  readonly name: string;
  /** A digest of the settings that decide what the endpoint wants: when it changes, what is not delivered is judged again. */
  readonly selection: string;
  readonly from: Beginning;
}

/** Every endpoint that has dead letters: a look into the index for each, however many letters there are. */
const LETTERED = `
  WITH RECURSIVE lettered (name) AS (
    SELECT min(endpoint) FROM dead_letters
    UNION ALL SELECT (SELECT min(endpoint) FROM dead_letters WHERE endpoint > name) FROM lettered WHERE name IS NOT NULL)
  SELECT name FROM lettered WHERE name IS NOT NULL`;

/** What became of the stored endpoints. */
export interface Reconciled {
  /** Names that are not configured any more. */
  readonly detached: readonly string[];
  /** Names that the database did not know. */
  readonly added: readonly string[];
}

const HEAD = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";

/** The cursor of a new endpoint that is to begin with the sequence `?3`: in the log as it is, and where it ends when that is null. */
const BEGINNING = `iif(?3 IS NULL, ${HEAD}, min(${HEAD}, max(?3, coalesce((SELECT min(sequence) FROM events), ${HEAD} + 1)) - 1))`;

/** Events in the dead letters of the endpoint `?1`: those of a disabled one outlive it. */
const LETTERS = '(SELECT coalesce(sum(count), 0) FROM dead_letters WHERE endpoint = ?1)';

/**
 * Brings the endpoints of the database in line with the configuration: a new name begins where it says, one that is gone is kept as
 * detached, one that came back resumes, and of a disabled one nothing is kept but its dead letters. When such a one is gone too, what it
 * left is detached with its name.
 */
export async function reconcileEndpoints(
  database: Database,
  endpoints: readonly EndpointIdentity[],
  disabled: readonly string[],
  nowMs: number,
): Promise<Reconciled> {
  const configured = new Set([...endpoints.map(({ name }) => name), ...disabled]);
  const known = await database.read<{ name: string; selection: string; detached_at_ms: number | null }>(
    'SELECT name, selection, detached_at_ms FROM endpoints',
  );
  const names = new Set(known.map(({ name }) => name));
  const gone = known
    .filter(({ name, detached_at_ms: detachedAtMs }) => detachedAtMs === null && !configured.has(name))
    .map(({ name }) => name);
  const left = await leftBehind(database, new Set([...names, ...configured]));
  const isAsBefore = ({ name, selection }: EndpointIdentity): boolean =>
    known.some((row) => row.name === name && row.selection === selection && row.detached_at_ms === null);
  const batch = new WriteBatch('progress');
  for (const name of disabled.filter((each) => names.has(each))) remove(batch, name, nowMs);
  for (const name of gone) batch.run('UPDATE endpoints SET detached_at_ms = ? WHERE name = ?', [nowMs, name]);
  for (const name of left) detachLetters(batch, name, nowMs);
  // What is as before is not written: a start on a full disk may find no room at all.
  for (const endpoint of endpoints.filter((each) => !isAsBefore(each))) write(batch, endpoint);
  if (batch.steps.length > 0) await database.commit(batch);
  const added = endpoints.map(({ name }) => name).filter((name) => !names.has(name));
  return { detached: [...gone, ...left], added };
}

/** Endpoints that were disabled, left dead letters, and are not configured any more. */
async function leftBehind(database: Database, others: ReadonlySet<string>): Promise<readonly string[]> {
  const rows = await database.read<{ name: string }>(LETTERED);
  return rows.map(({ name }) => name).filter((name) => !others.has(name));
}

function remove(batch: WriteBatch, name: string, nowMs: number): void {
  for (const table of ['lane_backlog', 'lane_exceptions']) {
    batch.run(`DELETE FROM ${table} WHERE endpoint = ?`, [name]);
  }
  batch.run('DELETE FROM endpoints WHERE name = ?', [name]);
  endReplaysOfDisabled(batch, name, nowMs);
}

/** It has no selection, so that whoever comes back by that name judges anew. */
function detachLetters(batch: WriteBatch, name: string, nowMs: number): void {
  batch.run(
    `INSERT INTO endpoints (name, selection, state, detached_at_ms, cursor, judged, dead)
     VALUES (?1, '', 'active', ?2, ${HEAD}, ${HEAD}, ${LETTERS})`,
    [name, Math.trunc(nowMs)],
  );
}

function write(batch: WriteBatch, { name, selection, from }: EndpointIdentity): void {
  batch.run(
    `UPDATE endpoints SET selection = ?, judged = cursor, wanted = number, wanted_bytes = number_bytes
     WHERE name = ? AND selection <> ?`,
    [selection, name, selection],
  );
  const first = from === 'now' ? null : from === 'oldest' ? 1 : from;
  batch.run(
    `INSERT INTO endpoints (name, selection, state, cursor, judged, dead) VALUES (?1, ?2, 'active', ${BEGINNING}, ${BEGINNING}, ${LETTERS})
     ON CONFLICT (name) DO UPDATE SET detached_at_ms = NULL`,
    [name, selection, first],
  );
}
