import { setImmediate as nextTurn } from 'node:timers/promises';
import { WriteBatch, type Database, type Row } from '@herald/database';
import { writeLetter, writeListedUpTo } from '../dead-letters/letter-rows.js';
import { endReplaysOfDisabled } from '../replay/replay-rows.js';

/** What became a dead letter because an endpoint was cut off from it. */
export interface CutOffEvents {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly count: number;
}

/** `overflow`: its backlog reached its bound; `disabled`: an operator wants nothing kept for it. */
export type CutOffReason = 'overflow' | 'disabled';

interface PendingRow extends Row {
  readonly cursor: number;
  readonly judged: number;
  readonly count: number;
  readonly first_waiting: number | null;
  readonly letter: number | null;
}

/** Rows that one batch moves: pushes wait that long for it, and no longer. */
const SLICE = 1_000;

/** What an endpoint has not got as far as it is counted, and the letter that it is to join, unless that is being sent again. */
const PENDING = `
  SELECT cursor, judged, wanted - number + deferred AS count,
    (SELECT min(sequence) FROM lane_exceptions WHERE endpoint = name) AS first_waiting,
    (SELECT max(id) FROM dead_letters
     WHERE endpoint = name AND reason = 'overflow' AND redrive IS NULL AND at_ms >= overflowed_at_ms) AS letter
  FROM endpoints WHERE name = ?`;

/**
 * Stops an endpoint: all that it has not got, as far as it is counted, becomes one dead letter, a range. For one whose backlog had
 * reached its bound before, that range grows by what came since. Nothing is scanned, however long the backlog is: what was counted is in
 * the endpoint's row. Nobody may deliver to the endpoint meanwhile, and whoever does so next begins with what is stored.
 *
 * Of the part that the cursor had passed, the rows of the backlog are then moved into the letter's list, in slices. A letter is not sent
 * again before that is done: an endpoint that is stopped is sent nothing, and what ends that moves what is left first.
 *
 * @returns what became a dead letter by this, undefined when nothing was pending
 * @throws DatabaseError; when a batch after the first fails, rows are left, and the next call moves them, or what ends the endpoint's being stopped
 */
export async function cutOff(
  database: Database,
  endpoint: string,
  reason: CutOffReason,
  nowMs: number,
): Promise<CutOffEvents | undefined> {
  const [row] = await database.read<PendingRow>(PENDING, [endpoint]);
  if (row === undefined) return undefined;
  const { cursor, judged, count, letter } = row;
  const added: CutOffEvents = {
    firstSequence: Math.min(row.first_waiting ?? cursor + 1, cursor + 1),
    lastSequence: Math.max(judged, cursor),
    count,
  };
  const batch = new WriteBatch('retention').require(
    'nobody delivers to the endpoint',
    'SELECT 1 FROM endpoints WHERE name = ? AND cursor = ? AND judged = ?',
    [endpoint, cursor, judged],
  );
  if (count > 0 && letter !== null) {
    batch.run('UPDATE dead_letters SET last_sequence = ?, count = count + ? WHERE id = ?', [
      added.lastSequence,
      count,
      letter,
    ]);
  } else if (count > 0) {
    writeLetter(batch, endpoint, { ...added, reason, attempts: 0, atMs: nowMs });
    writeListedUpTo(batch, endpoint, cursor);
  }
  batch.run('DELETE FROM lane_exceptions WHERE endpoint = ?', [endpoint]);
  batch.run(
    `UPDATE endpoints SET cursor = max(cursor, judged), number = wanted, number_bytes = wanted_bytes, deferred = 0, dead = dead + ?,
       failing_ms = 0 WHERE name = ?`,
    [count, endpoint],
  );
  mark(batch, endpoint, reason, Math.trunc(nowMs));
  const { committed } = await database.commit(batch);
  if (!committed) return undefined;
  await moveBacklog(database, endpoint);
  return count > 0 ? added : undefined;
}

/** A disabled endpoint has nothing sent again either: its replays end. */
function mark(batch: WriteBatch, endpoint: string, reason: CutOffReason, nowMs: number): void {
  if (reason === 'overflow') {
    batch.run('UPDATE endpoints SET overflowed_at_ms = coalesce(overflowed_at_ms, ?) WHERE name = ?', [
      nowMs,
      endpoint,
    ]);
    return;
  }
  batch.run(
    'UPDATE endpoints SET disabled_at_ms = coalesce(disabled_at_ms, ?), overflowed_at_ms = NULL WHERE name = ?',
    [nowMs, endpoint],
  );
  endReplaysOfDisabled(batch, endpoint, nowMs);
}

/** What comes from now on is delivered again: after `head`, where the endpoint was disabled. @throws DatabaseError */
export async function endCutOff(database: Database, endpoint: string, head: number): Promise<void> {
  // A crash may have left some.
  await moveBacklog(database, endpoint);
  await database.commit(
    new WriteBatch('retention').run(
      `UPDATE endpoints SET overflowed_at_ms = NULL, disabled_at_ms = NULL,
         cursor = iif(disabled_at_ms IS NULL, cursor, max(cursor, ?1)),
         judged = iif(disabled_at_ms IS NULL, judged, max(judged, ?1)) WHERE name = ?2`,
      [head, endpoint],
    ),
  );
}

/** Events in the dead letters of these reasons, by endpoint: they hold no part of the log. @throws DatabaseError */
export async function cutOffEvents(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read<{ endpoint: string; events: number }>(
    `SELECT endpoint, sum(count) AS events FROM dead_letters WHERE reason IN ('overflow', 'disabled') GROUP BY endpoint`,
  );
  return new Map(rows.map(({ endpoint, events }) => [endpoint, events]));
}

/** The letter that came of it, as operators are told of it. */
export function letterLine({ count, firstSequence, lastSequence }: CutOffEvents): string {
  return `${count} events are one dead letter (${firstSequence} to ${lastSequence}), which can be sent again while the log keeps them`;
}

/** The letter of a row: those of one endpoint that was cut off never overlap. Rows of a letter that was given up go nowhere. */
const LIST_ROWS = `
  INSERT OR IGNORE INTO dead_letter_events (letter, sequence)
  SELECT l.id, b.sequence FROM (SELECT sequence FROM lane_backlog WHERE endpoint = ?1 ORDER BY lane, sequence LIMIT ?2) b
  JOIN dead_letters l ON l.endpoint = ?1 AND l.reason IN ('overflow', 'disabled') AND b.sequence BETWEEN l.first_sequence AND l.listed_up_to`;

const REMOVE_ROWS = `
  DELETE FROM lane_backlog WHERE endpoint = ?1 AND (lane, sequence) IN
    (SELECT lane, sequence FROM lane_backlog WHERE endpoint = ?1 ORDER BY lane, sequence LIMIT ?2)`;

async function moveBacklog(database: Database, endpoint: string): Promise<void> {
  for (;;) {
    const left = await database.read(`SELECT 1 FROM lane_backlog WHERE endpoint = ? LIMIT 1`, [endpoint]);
    if (left.length === 0) return;
    const slice = [endpoint, SLICE];
    await database.commit(new WriteBatch('retention').run(LIST_ROWS, slice).run(REMOVE_ROWS, slice));
    await nextTurn();
  }
}
