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

const OLD_ROWS = `lane_backlog.endpoint = ?1 AND sequence IN
  (SELECT b.sequence FROM lane_backlog b JOIN events e ON e.sequence = b.sequence WHERE b.endpoint = ?1 AND e.time_ms < ?2)`;

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
  const backlog = await oldBacklog(database, terms);
  const unread = await oldUnread(log, row.cursor, terms);
  const count = backlog.count + unread.count;
  const horizon = unread.lastSequence ?? row.cursor;
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
  listBacklog(batch, endpoint, beforeMs, row.cursor);
  removeBacklog(batch, endpoint, beforeMs);
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

async function oldBacklog(database: Database, { endpoint, beforeMs }: ExpiryTerms): Promise<Range> {
  const [row] = await database.read<{ first: number | null; last: number | null; count: number }>(
    `SELECT min(b.sequence) AS first, max(b.sequence) AS last, count(*) AS count
     FROM lane_backlog b JOIN events e ON e.sequence = b.sequence WHERE b.endpoint = ? AND e.time_ms < ?`,
    [endpoint, beforeMs],
  );
  if (row === undefined || row.first === null || row.last === null) return { count: 0 };
  return { firstSequence: row.first, lastSequence: row.last, count: row.count };
}

/** What lies behind the cursor, up to the first event that is not too old; counted is what the endpoint wants. */
async function oldUnread(
  log: EventLog,
  cursor: number,
  { wants, beforeMs }: ExpiryTerms,
): Promise<Range & { readonly bytes: number }> {
  let firstSequence: number | undefined;
  let lastSequence = cursor;
  let count = 0;
  let bytes = 0;
  for (;;) {
    const records = await log.read(lastSequence, PAGE);
    if (records.length === 0) break;
    const young = records.findIndex(({ timeMs }) => timeMs >= beforeMs);
    const old = young === -1 ? records : records.slice(0, young);
    for (const record of old) {
      lastSequence = record.sequence;
      if (!wants(record)) continue;
      firstSequence ??= record.sequence;
      count += 1;
      bytes += eventBytes(record);
    }
    if (young !== -1) break;
    await nextTurn();
  }
  return { count, bytes, lastSequence, ...(firstSequence === undefined ? {} : { firstSequence }) };
}

/** Lists for the letter that was written last what is in it of the part that the cursor had passed. */
function listBacklog(batch: WriteBatch, endpoint: string, beforeMs: number, cursor: number): void {
  batch.run(
    `INSERT INTO dead_letter_events (letter, sequence)
     SELECT (SELECT max(id) FROM dead_letters WHERE endpoint = ?1), sequence FROM lane_backlog WHERE ${OLD_ROWS}`,
    [endpoint, beforeMs],
  );
  writeListedUpTo(batch, endpoint, cursor);
}

/** Lanes with anything left go on with the first of it. */
function removeBacklog(batch: WriteBatch, endpoint: string, beforeMs: number): void {
  batch.run(`DELETE FROM lane_backlog WHERE ${OLD_ROWS}`, [endpoint, beforeMs]);
  const left =
    'SELECT min(sequence) FROM lane_backlog b WHERE b.endpoint = lane_exceptions.endpoint AND b.lane = lane_exceptions.lane';
  batch.run(`DELETE FROM lane_exceptions WHERE endpoint = ? AND (${left}) IS NULL`, [endpoint]);
  batch.run(
    `UPDATE lane_exceptions SET sequence = (${left}), attempts = 0, refusals = 0, strikes = 0, failing_ms = 0
     WHERE endpoint = ? AND sequence < (${left})`,
    [endpoint],
  );
}
