import { setImmediate as nextTurn } from 'node:timers/promises';
import { WriteBatch, type Database, type Row } from '@herald/database';
import { writeLetter } from '../dead-letters/letter-rows.js';

/** What became a dead letter because an endpoint's bound on backlog was reached. */
export interface Overflow {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly count: number;
}

interface PendingRow extends Row {
  readonly cursor: number;
  readonly judged: number;
  readonly count: number;
  readonly first_waiting: number | null;
  readonly letter: number | null;
}

/** Rows that one batch removes: pushes wait that long for it, and no longer. */
const SLICE = 1_000;

/** What an endpoint has not got as far as it is counted, and the letter that it is to join, unless that is being sent again. */
const PENDING = `
  SELECT cursor, judged, wanted - number + deferred AS count,
    (SELECT min(sequence) FROM lane_exceptions WHERE endpoint = name) AS first_waiting,
    (SELECT max(id) FROM dead_letters
     WHERE endpoint = name AND reason = 'overflow' AND redrive IS NULL AND at_ms >= overflowed_at_ms) AS letter
  FROM endpoints WHERE name = ?`;

/**
 * Stops an endpoint because too much waits for it: all that it has not got, as far as it is counted, becomes one dead letter, a range.
 * For one that was stopped so before, the range grows by what came since. Nothing is scanned, however long the backlog is: what was
 * counted is in the endpoint's row. Nobody may deliver to the endpoint meanwhile, and whoever does so next begins with what is stored.
 *
 * @returns what became a dead letter by this, undefined when nothing was pending
 * @throws DatabaseError; when a batch after the first fails, rows are left that mean nothing, and the next call removes them
 */
export async function overflow(
  database: Database,
  endpoint: string,
  nowMs: number,
): Promise<Overflow | undefined> {
  const [row] = await database.read<PendingRow>(PENDING, [endpoint]);
  if (row === undefined) return undefined;
  const { cursor, judged, count, letter } = row;
  const added: Overflow = {
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
    writeLetter(batch, endpoint, { ...added, reason: 'overflow', attempts: 0, atMs: nowMs });
  }
  batch.run('DELETE FROM lane_exceptions WHERE endpoint = ?', [endpoint]);
  batch.run(
    `UPDATE endpoints SET overflowed_at_ms = coalesce(overflowed_at_ms, ?1), cursor = max(cursor, judged), number = wanted,
       number_bytes = wanted_bytes, deferred = 0, dead = dead + ?2, failing_ms = 0 WHERE name = ?3`,
    [Math.trunc(nowMs), count, endpoint],
  );
  const { committed } = await database.commit(batch);
  if (!committed) return undefined;
  await removeBacklog(database, endpoint);
  return count > 0 ? added : undefined;
}

/** What comes from now on is delivered again. @throws DatabaseError */
export async function endOverflow(database: Database, endpoint: string): Promise<void> {
  await database.commit(
    new WriteBatch('retention').run('UPDATE endpoints SET overflowed_at_ms = NULL WHERE name = ?', [
      endpoint,
    ]),
  );
}

/** Events in the dead letters of that reason, by endpoint: they hold no part of the log. @throws DatabaseError */
export async function overflowedEvents(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read<{ endpoint: string; events: number }>(
    "SELECT endpoint, sum(count) AS events FROM dead_letters WHERE reason = 'overflow' GROUP BY endpoint",
  );
  return new Map(rows.map(({ endpoint, events }) => [endpoint, events]));
}

async function removeBacklog(database: Database, endpoint: string): Promise<void> {
  for (;;) {
    const left = await database.read(`SELECT 1 FROM lane_backlog WHERE endpoint = ? LIMIT 1`, [endpoint]);
    if (left.length === 0) return;
    await database.commit(
      new WriteBatch('retention').run(
        `DELETE FROM lane_backlog WHERE endpoint = ?1 AND (lane, sequence) IN
           (SELECT lane, sequence FROM lane_backlog WHERE endpoint = ?1 LIMIT ?2)`,
        [endpoint, SLICE],
      ),
    );
    await nextTurn();
  }
}
