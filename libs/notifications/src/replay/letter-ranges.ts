import type { Row } from '@herald/database';
import type { LogRecord } from '../event-log/log-record.js';
import type { SourceTools } from './replay-source.js';

/** A dead letter that is a range: its row. */
export interface LetterRange extends Row {
  readonly id: number;
  readonly lane: string | null;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly listed_up_to: number;
}

/** An event of the log, and the range that it lies in. */
export interface RangedRecord<Range extends LetterRange> {
  readonly record: LogRecord;
  readonly range: Range;
}

/**
 * Which of consecutive records of the log lie in ranges. Of a range's part up to `listed_up_to` only those events are in it that are
 * listed for it, because others had been delivered; behind it all are that the endpoint wants.
 *
 * @throws DatabaseError
 */
export async function inRanges<Range extends LetterRange>(
  ranges: readonly Range[],
  records: readonly LogRecord[],
  { database, wants }: Pick<SourceTools, 'database' | 'wants'>,
): Promise<readonly RangedRecord<Range>[]> {
  const listed = await listedEvents(ranges, records, database);
  const isIn = (range: Range, { sequence, lane }: LogRecord) =>
    sequence >= range.first_sequence &&
    sequence <= range.last_sequence &&
    (range.lane === null || range.lane === lane) &&
    (sequence > range.listed_up_to || listed.has(keyOf(range.id, sequence)));
  return records.flatMap((record) => {
    const range = ranges.find((each) => isIn(each, record));
    return range !== undefined && wants(record) ? [{ record, range }] : [];
  });
}

async function listedEvents(
  ranges: readonly LetterRange[],
  records: readonly LogRecord[],
  database: SourceTools['database'],
): Promise<ReadonlySet<string>> {
  const [from, upTo] = [records[0]?.sequence, records.at(-1)?.sequence];
  if (from === undefined || upTo === undefined) return new Set();
  const ids = ranges.filter((range) => range.listed_up_to >= from).map(({ id }) => id);
  if (ids.length === 0) return new Set();
  const found = await database.read<{ letter: number; sequence: number }>(
    `SELECT letter, sequence FROM dead_letter_events
     WHERE letter IN (SELECT value FROM json_each(?)) AND sequence BETWEEN ? AND ?`,
    [JSON.stringify(ids), from, upTo],
  );
  return new Set(found.map(({ letter, sequence }) => keyOf(letter, sequence)));
}

function keyOf(letter: number, sequence: number): string {
  return `${letter} ${sequence}`;
}
