import { setImmediate as nextTurn } from 'node:timers/promises';
import { WriteBatch, type Database } from '@herald/database';
import { writeLetter, writeListedUpTo } from '../dead-letters/letter-rows.js';
import type { EventLog } from '../event-log/event-log.js';
import { eventBytes } from '../event-log/event-size.js';
import type { LogRecord } from '../event-log/log-record.js';

/** Events that an endpoint will not get any more because of their age. */
export interface Expired {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly count: number;
}

/** Which events of which endpoint are too old. */
export interface ExpiryTerms {
  readonly endpoint: string;
  readonly wants: (record: LogRecord) => boolean;
  /** Events that happened before this are, ms since 1970. */
  readonly beforeMs: number;
  readonly nowMs: number;
}

/** Records that are judged in one turn of the event loop. */
const PAGE = 128;

const BACKLOG = 'lane_backlog b JOIN events e ON e.sequence = b.sequence WHERE b.endpoint = ?1';

/** The endpoint; before when an event is too old; now; the last event behind the cursor that is too old, or 0. */
type OldTerms = readonly [endpoint: string, beforeMs: number, nowMs: number, oldUpTo: number];

/** Rows that are too old: by their own dates, or, when these lie in the future and are wrong, because one is that came later. */
const OLD_BACKLOG = `${BACKLOG} AND (e.time_ms < ?2
  OR e.time_ms > ?3 AND b.sequence < max(?4, (SELECT coalesce(max(b.sequence), 0) FROM ${BACKLOG} AND e.time_ms < ?2)))`;

const OLD_ROWS = `lane_backlog.endpoint = ?1 AND sequence IN (SELECT b.sequence FROM ${OLD_BACKLOG})`;

/**
 * Makes one dead letter, a range, of everything that an endpoint has not got and that is too old: of its backlog, and of what its cursor
 * has not passed. All or nothing. Nobody may deliver to the endpoint meanwhile, and whoever does so next begins with what is stored.
 *
 * @returns undefined when nothing was too old
 */
export async function expire(
  database: Database,
  log: EventLog,
  terms: ExpiryTerms,
): Promise<Expired | undefined> {
  const { endpoint, beforeMs, nowMs } = terms;
  const [row] = await database.read<{ cursor: number }>('SELECT cursor FROM endpoints WHERE name = ?', [
    endpoint,
  ]);
  if (row === undefined) return undefined;
  const unread = await oldUnread(log, row.cursor, terms);
  const oldUpTo = unread.lastSequence > row.cursor ? unread.lastSequence : 0;
  const old = [endpoint, beforeMs, nowMs, oldUpTo] as const;
  const backlog = await oldBacklog(database, old);
  const count = backlog.count + unread.count;
  const horizon = unread.lastSequence;
  if (count === 0) return undefined;
  const expired: Expired = {
    firstSequence: backlog.firstSequence ?? unread.firstSequence ?? 0,
    lastSequence: unread.firstSequence === undefined ? (backlog.lastSequence ?? 0) : horizon,
    count,
  };
  const batch = new WriteBatch('retention');
  batch.require('the cursor has not moved', 'SELECT 1 FROM endpoints WHERE name = ? AND cursor = ?', [
    endpoint,
    row.cursor,
  ]);
  writeLetter(batch, endpoint, { ...expired, reason: 'expired', attempts: 0, atMs: nowMs });
  listBacklog(batch, old, row.cursor);
  removeBacklog(batch, old);
  batch.run(
    `UPDATE endpoints SET cursor = ?1, number = number + ?2, deferred = deferred - ?3, dead = dead + ?2 + ?3,
       judged = max(judged, ?1), wanted = max(wanted, number + ?2), number_bytes = number_bytes + ?5,
       wanted_bytes = max(wanted_bytes, number_bytes + ?5) WHERE name = ?4`,
    [horizon, unread.count, backlog.count, endpoint, unread.bytes],
  );
  const { committed } = await database.commit(batch);
  return committed ? expired : undefined;
}

interface Range {
  readonly firstSequence?: number;
  readonly lastSequence?: number;
  readonly count: number;
}

async function oldBacklog(database: Database, old: OldTerms): Promise<Range> {
  const [row] = await database.read<{ first: number | null; last: number | null; count: number }>(
    `SELECT min(b.sequence) AS first, max(b.sequence) AS last, count(*) AS count FROM ${OLD_BACKLOG}`,
    old,
  );
  if (row === undefined || row.first === null || row.last === null) return { count: 0 };
  return { firstSequence: row.first, lastSequence: row.last, count: row.count };
}

/**
 * What lies behind the cursor, up to the last event before the first that is young; counted is what the endpoint wants. An event of the
 * future has a wrong date: it is as old as the next one that has none.
 */
async function oldUnread(
  log: EventLog,
  cursor: number,
  { wants, beforeMs, nowMs }: ExpiryTerms,
): Promise<Unread> {
  let old: Unread = { count: 0, bytes: 0, lastSequence: cursor };
  let seen = old;
  for (;;) {
    const records = await log.read(seen.lastSequence, PAGE);
    for (const record of records) {
      const { timeMs } = record;
      if (timeMs >= beforeMs && timeMs <= nowMs) return old;
      seen = withRecord(seen, record, wants(record));
      if (timeMs < beforeMs) old = seen;
    }
    if (records.length === 0) return old;
    await nextTurn();
  }
}

interface Unread extends Range {
  readonly lastSequence: number;
  readonly bytes: number;
}

function withRecord({ count, bytes, firstSequence }: Unread, record: LogRecord, wanted: boolean): Unread {
  const { sequence: lastSequence } = record;
  const first = firstSequence ?? (wanted ? lastSequence : undefined);
  return {
    count: wanted ? count + 1 : count,
    bytes: wanted ? bytes + eventBytes(record) : bytes,
    lastSequence,
    ...(first !== undefined && { firstSequence: first }),
  };
}

/** Lists for the letter that was written last what is in it of the part that the cursor had passed. */
function listBacklog(batch: WriteBatch, old: OldTerms, cursor: number): void {
  batch.run(
    `INSERT INTO dead_letter_events (letter, sequence)
     SELECT (SELECT max(id) FROM dead_letters WHERE endpoint = ?1), sequence FROM lane_backlog WHERE ${OLD_ROWS}`,
    old,
  );
  writeListedUpTo(batch, old[0], cursor);
}

/** Lanes with anything left go on with the first of it. */
function removeBacklog(batch: WriteBatch, old: OldTerms): void {
  const [endpoint] = old;
  batch.run(`DELETE FROM lane_backlog WHERE ${OLD_ROWS}`, old);
  const left =
    'SELECT min(sequence) FROM lane_backlog b WHERE b.endpoint = lane_exceptions.endpoint AND b.lane = lane_exceptions.lane';
  batch.run(`DELETE FROM lane_exceptions WHERE endpoint = ? AND (${left}) IS NULL`, [endpoint]);
  batch.run(
    `UPDATE lane_exceptions SET sequence = (${left}), attempts = 0, refusals = 0, strikes = 0, failing_ms = 0
     WHERE endpoint = ? AND sequence < (${left})`,
    [endpoint],
  );
}
