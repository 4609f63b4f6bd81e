import { WriteBatch, type Database, type Row } from '@herald/database';

/** An endpoint that is not configured any more, and of which everything is kept for a while. Times are ms since 1970. */
export interface DetachedEndpoint {
  readonly name: string;
  readonly detachedAtMs: number;
  /** Everything in the log up to here is delivered, dead, not wanted or in its backlog. */
  readonly cursor: number;
  readonly deadLetters: number;
}

interface DetachedRow extends Row {
  readonly name: string;
  readonly detached_at_ms: number;
  readonly cursor: number;
  readonly dead: number;
}

/** All detached endpoints, the one that is kept the longest first. */
export async function readDetached(database: Database): Promise<readonly DetachedEndpoint[]> {
  const rows = await database.read<DetachedRow>(
    'SELECT name, detached_at_ms, cursor, dead FROM endpoints WHERE detached_at_ms IS NOT NULL ORDER BY detached_at_ms, name',
  );
  return rows.map((row) => ({
    name: row.name,
    detachedAtMs: row.detached_at_ms,
    cursor: row.cursor,
    deadLetters: row.dead,
  }));
}

/** Removes all that is kept of an endpoint, unless it was configured again meanwhile. True when it was removed. */
export async function forgetDetached(
  database: Database,
  { name, detachedAtMs }: DetachedEndpoint,
): Promise<boolean> {
  const batch = new WriteBatch('retention').require(
    'the endpoint is detached',
    'SELECT 1 FROM endpoints WHERE name = ? AND detached_at_ms = ?',
    [name, detachedAtMs],
  );
  batch.run(
    'DELETE FROM dead_letter_events WHERE letter IN (SELECT id FROM dead_letters WHERE endpoint = ?)',
    [name],
  );
  for (const table of ['lane_backlog', 'lane_exceptions', 'dead_letters', 'replay_jobs']) {
    batch.run(`DELETE FROM ${table} WHERE endpoint = ?`, [name]);
  }
  batch.run('DELETE FROM endpoints WHERE name = ?', [name]);
  const { committed } = await database.commit(batch);
  return committed;
}

/** Stores since when an operator has an endpoint paused; `null` when it is not. Durable when it resolves. */
export async function storePause(database: Database, name: string, pausedAtMs: number | null): Promise<void> {
  // Whoever is paused stays paused since then.
  const since = pausedAtMs === null ? 'NULL' : 'coalesce(paused_at_ms, ?)';
  const values = pausedAtMs === null ? [name] : [Math.trunc(pausedAtMs), name];
  await database.commit(
    new WriteBatch('progress').run(`UPDATE endpoints SET paused_at_ms = ${since} WHERE name = ?`, values),
  );
}
