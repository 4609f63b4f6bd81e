import { setImmediate as nextTurn } from 'node:timers/promises';
import { WriteBatch, type Database } from '@herald/database';
import type { EventLog } from '../event-log/event-log.js';
import { eventBytes } from '../event-log/event-size.js';
import type { LogRecord } from '../event-log/log-record.js';
import { cutOff, type CutOffEvents } from './cut-off.js';

/** Records that are judged in one turn of the event loop. */
const PAGE = 256;

/**
 * Disables an endpoint: all that it has not got of what the log has now becomes one dead letter, and its replays end. What comes later is
 * not kept for it. Nobody may deliver to the endpoint meanwhile, and whoever does so next begins with what is stored.
 *
 * @param wants what the endpoint was to get until now
 * @returns what became a dead letter by this, undefined when nothing was pending
 * @throws DatabaseError
 */
export async function disable(
  database: Database,
  log: EventLog,
  { endpoint, wants }: { readonly endpoint: string; readonly wants: (record: LogRecord) => boolean },
  nowMs: number,
): Promise<CutOffEvents | undefined> {
  await countToHead(database, log, endpoint, wants);
  return cutOff(database, endpoint, 'disabled', nowMs);
}

/** Counts on from where the endpoint has counted, to where the log ends now. */
async function countToHead(
  database: Database,
  log: EventLog,
  endpoint: string,
  wants: (record: LogRecord) => boolean,
): Promise<void> {
  const head = await log.head();
  const [row] = await database.read<{ judged: number }>('SELECT judged FROM endpoints WHERE name = ?', [
    endpoint,
  ]);
  if (row === undefined) return;
  let judged = row.judged;
  let count = 0;
  let bytes = 0;
  while (judged < head) {
    const records = (await log.read(judged, PAGE)).filter(({ sequence }) => sequence <= head);
    const wanted = records.filter((record) => wants(record));
    count += wanted.length;
    bytes += wanted.reduce((sum, record) => sum + eventBytes(record), 0);
    judged = records.at(-1)?.sequence ?? head;
    await nextTurn();
  }
  await database.commit(
    new WriteBatch('progress').run(
      'UPDATE endpoints SET judged = ?1, wanted = wanted + ?2, wanted_bytes = wanted_bytes + ?3 WHERE name = ?4 AND judged = ?5',
      [judged, count, bytes, endpoint, row.judged],
    ),
  );
}
