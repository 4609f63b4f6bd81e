import type { UndoneRecord } from '../event-log/endpoint-rows.js';
import type { EventLog } from '../event-log/event-log.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { ProgressStore } from '../event-log/progress-store.js';

/** Records that are judged in one turn of the event loop. */
const PAGE = 256;

/** A filter in place of another, for an endpoint that stands still. */
export interface FilterChange {
  readonly endpoint: string;
  /** Up to here everything was judged by the filter before, or is in the backlog of a lane. */
  readonly cursor: number;
  readonly before: (record: LogRecord) => boolean;
  readonly after: (record: LogRecord) => boolean;
}

/**
 * Counts what a changed filter means for what is not delivered: events that waited and are wanted no more, and events that were not meant
 * and are now. It takes as long as the backlog is, and yields between pages.
 *
 * @throws DatabaseError
 */
export async function judgeAgain(
  { endpoint, cursor, before, after }: FilterChange,
  { log, progress, yields }: { log: EventLog; progress: ProgressStore; yields: () => Promise<void> },
): Promise<{ readonly released: number; readonly gained: number }> {
  const counts = { released: 0, gained: 0 };
  let place: { readonly lane: string; readonly sequence: number } | undefined = { lane: '', sequence: 0 };
  while (place !== undefined) {
    const rows: readonly UndoneRecord[] = await progress.readUndone(endpoint, place, PAGE);
    // What the cursor has passed is there because it was wanted, and stays there without being gained.
    counts.released += rows.filter(({ record }) => before(record) && !after(record)).length;
    const last = rows.at(-1);
    place = last && { lane: last.lane, sequence: last.record.sequence };
    await yields();
  }
  let position: number | undefined = cursor;
  while (position !== undefined) {
    const records: readonly LogRecord[] = await log.read(position, PAGE);
    counts.released += records.filter((record) => before(record) && !after(record)).length;
    counts.gained += records.filter((record) => !before(record) && after(record)).length;
    position = records.at(-1)?.sequence;
    await yields();
  }
  return counts;
}
