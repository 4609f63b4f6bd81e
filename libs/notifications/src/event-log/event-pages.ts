import { Injectable } from '@nestjs/common';
import { Database, type Row } from '@herald/database';
import { recordOf, type EventRow } from './event-log.js';
import type { LogRecord } from './log-record.js';

/** Which events somebody wants to see. */
export interface EventQuery {
  /** Only events after this sequence. */
  readonly after: number;
  /** Most events of the page. */
  readonly limit: number;
  /** An event type, or the beginning of one and `*`. */
  readonly type?: string;
  readonly lane?: string;
}

export interface EventPage {
  readonly records: readonly LogRecord[];
  /** Everything up to here was looked at: the next page begins after it. */
  readonly upTo: number;
  /** The last sequence that was given. */
  readonly head: number;
  /**
   * The oldest sequence that the log has, or the next one that it will give: looked up after the records were read, so that a page whose
   * `after` is not below it by more than one lacks nothing.
   */
  readonly oldest: number;
}

/** Sequences that one page looks at, wanted or not: bounds what a filter that fits nothing costs. */
const SCAN = 5_000;

/** Bytes of records of one page, as long as it is more than one record. */
const MAX_BYTES = 4 * 1024 * 1024;

interface SizedRow extends Row {
  readonly sequence: number;
  readonly size_bytes: number;
}

/** The log for people and for receivers that recover by themselves: pages, by sequence. */
@Injectable()
export class EventPages {
  constructor(private readonly database: Database) {}

  /** A page, which may be empty although there are more: then `upTo` is below `head`. @throws DatabaseError */
  async page({ after, limit, type, lane }: EventQuery): Promise<EventPage> {
    const head = await this.#head();
    const end = Math.max(after, Math.min(head, after + SCAN));
    const sized = await this.database.read<SizedRow>(
      `SELECT sequence, size_bytes FROM events WHERE sequence > ?1 AND sequence <= ?2
         AND (?3 IS NULL OR type = ?3 OR (substr(?3, -1) = '*' AND substr(type, 1, length(?3) - 1) = substr(?3, 1, length(?3) - 1)))
         AND (?4 IS NULL OR lane = ?4)
       ORDER BY sequence LIMIT ?5`,
      [after, end, type ?? null, lane ?? null, limit + 1],
    );
    const page = withinBytes(sized.slice(0, limit));
    const upTo = page.length < sized.length ? (page.at(-1) ?? end) : end;
    const rows = await this.database.read<EventRow>(
      `SELECT sequence, id, lane, type, time_ms, data, detail FROM events
       WHERE sequence IN (SELECT value FROM json_each(?)) ORDER BY sequence`,
      [JSON.stringify(page)],
    );
    return { records: rows.map(recordOf), upTo, head, oldest: await this.oldest() };
  }

  /** @returns undefined when the log has no such event, or no more. @throws DatabaseError */
  async byId(id: string): Promise<LogRecord | undefined> {
    const [row] = await this.database.read<EventRow>(
      'SELECT sequence, id, lane, type, time_ms, data, detail FROM events WHERE id = ?',
      [id],
    );
    return row && recordOf(row);
  }

  /** The oldest sequence that the log has, or the next one that it will give. Sequences have no gaps. @throws DatabaseError */
  async oldest(): Promise<number> {
    const [row] = await this.database.read<{ oldest: number | null }>(
      'SELECT min(sequence) AS oldest FROM events',
    );
    return row?.oldest ?? (await this.#head()) + 1;
  }

  async #head(): Promise<number> {
    const [row] = await this.database.read<{ seq: number }>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
    );
    return row?.seq ?? 0;
  }
}

function withinBytes(rows: readonly SizedRow[]): readonly number[] {
  const page: number[] = [];
  let bytes = 0;
  for (const { sequence, size_bytes: sizeBytes } of rows) {
    bytes += sizeBytes;
    if (page.length > 0 && bytes > MAX_BYTES) break;
    page.push(sequence);
  }
  return page;
}
