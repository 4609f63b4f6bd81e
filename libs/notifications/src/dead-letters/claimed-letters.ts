import { randomUUID } from 'node:crypto';
import { WriteBatch, type Database, type Row } from '@herald/database';
import { endedWithLetters, freeLetters } from '../replay/replay-rows.js';

/** A letter that is being given up, and how many events lie in it. */
export interface ClaimedLetter extends Row {
  readonly id: number;
  readonly count: number;
}

/** Which letters are to be given up: one, or at most `limit` of those that became letters before a moment (ms since 1970). */
export type LettersToClaim = { readonly id: number } | { readonly beforeMs: number; readonly limit: number };

/** What `redrive` says of a letter that is being given up: no job has such a name. */
const CLAIM = 'given-up:';

const CLAIMED = `redrive >= '${CLAIM}' AND redrive < 'given-up;'`;

/**
 * Takes letters for whoever gives them up. From then on no replay takes them, as nobody gives up what a replay has: both do so by one
 * statement, for letters that nobody has. So each is counted as gone by one of them alone.
 *
 * @throws DatabaseError
 */
export async function claimLetters(
  database: Database,
  endpoint: string,
  which: LettersToClaim,
): Promise<readonly ClaimedLetter[]> {
  const claim = `${CLAIM}${randomUUID()}`;
  const [condition, values] =
    'id' in which
      ? ['id = ?3', [which.id]]
      : ['at_ms < ?3 ORDER BY id LIMIT ?4', [which.beforeMs, which.limit]];
  await database.commit(
    new WriteBatch('retention').run(
      `UPDATE dead_letters SET redrive = ?1 WHERE id IN
         (SELECT id FROM dead_letters WHERE endpoint = ?2 AND redrive IS NULL AND ${condition})`,
      [claim, endpoint, ...values],
    ),
  );
  return database.read<ClaimedLetter>('SELECT id, count FROM dead_letters WHERE redrive = ? ORDER BY id', [
    claim,
  ]);
}

/** Whether a letter has been claimed, by what its row says of its replay. */
export function isClaim(redrive: string | null): boolean {
  return redrive?.startsWith(CLAIM) ?? false;
}

/**
 * At the start: whoever claimed a letter and did not come to give it up had not said that it is, and what a replay had in flight when it
 * was cancelled is in flight no more.
 *
 * @throws DatabaseError
 */
export async function freeClaims(database: Database): Promise<void> {
  const [claimed] = await database.read(`SELECT 1 FROM dead_letters WHERE ${CLAIMED} LIMIT 1`);
  const ended = await endedWithLetters(database);
  const batch = new WriteBatch('retention');
  if (claimed !== undefined) batch.run(`UPDATE dead_letters SET redrive = NULL WHERE ${CLAIMED}`);
  for (const id of ended) freeLetters(batch, id);
  if (batch.steps.length > 0) await database.commit(batch);
}
