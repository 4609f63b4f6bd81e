import { recordOf, type EventRow } from '../event-log/event-log.js';
import { inRanges, type LetterRange } from './letter-ranges.js';
import {
  ReplaySource,
  type ReplayEntry,
  type ReplayLetter,
  type ReplayPage,
  type SourceTools,
} from './replay-source.js';

interface LetterRow extends LetterRange {
  readonly count: number;
  readonly event_id: string | null;
  readonly attempts: number;
}

/** Entries up to a sequence. */
interface Part {
  readonly entries: readonly ReplayEntry[];
  readonly upTo: number;
}

/** Ranges that are looked at together; the others of the job come when these are done. */
const MOST_RANGES = 1_000;

/** Dead letters that are marked for a job, in the order of the log: letters of single events, and among them the events of ranges. */
export class LettersSource extends ReplaySource {
  constructor(
    private readonly job: string,
    private readonly lastSequence: number,
    private readonly tools: SourceTools,
  ) {
    super();
  }

  /** Letters do not wait for live events: live delivery is done with theirs. */
  override async read(after: number, _ceiling: number, limit: number): Promise<ReplayPage> {
    const singles = await this.#letters(
      'event_id IS NOT NULL AND first_sequence > ? ORDER BY first_sequence, id',
      after,
      limit,
    );
    const ranges = await this.#letters(
      'event_id IS NULL AND last_sequence > ? ORDER BY first_sequence, id',
      after,
      MOST_RANGES,
    );
    const single = await this.#ofSingles(singles, limit);
    const ranged = await this.#ofRanges(ranges, after, limit);
    const upTo = Math.min(single.upTo, ranged.upTo, Math.max(after, this.lastSequence));
    const entries = [...single.entries, ...ranged.entries].filter(({ record }) => record.sequence <= upTo);
    return {
      entries: entries.toSorted((a, b) => a.record.sequence - b.record.sequence),
      upTo,
      finished: [...singles, ...ranges].filter((row) => row.last_sequence <= upTo).map(letterOf),
    };
  }

  #letters(which: string, after: number, limit: number): Promise<readonly LetterRow[]> {
    return this.tools.database.read<LetterRow>(
      `SELECT id, lane, first_sequence, last_sequence, count, event_id, attempts, listed_up_to FROM dead_letters
       WHERE redrive = ? AND ${which} LIMIT ?`,
      [this.job, after, limit],
    );
  }

  async #ofSingles(rows: readonly LetterRow[], limit: number): Promise<Part> {
    const upTo = rows.length < limit ? Number.POSITIVE_INFINITY : (rows.at(-1)?.first_sequence ?? 0);
    if (rows.length === 0) return { entries: [], upTo };
    const events = await this.tools.database.read<EventRow>(
      `SELECT sequence, id, lane, type, time_ms, data, detail FROM events
       WHERE id IN (SELECT value FROM json_each(?))`,
      [JSON.stringify(rows.map((row) => row.event_id))],
    );
    const records = new Map(events.map((event) => [event.id, recordOf(event)]));
    const entries = rows.flatMap((row) => {
      const record = records.get(row.event_id ?? '');
      return record !== undefined && this.tools.carries(record) ? [{ record, letter: letterOf(row) }] : [];
    });
    return { entries, upTo };
  }

  async #ofRanges(rows: readonly LetterRow[], after: number, limit: number): Promise<Part> {
    const first = Math.min(...rows.map((row) => row.first_sequence));
    if (rows.length === 0) return { entries: [], upTo: Number.POSITIVE_INFINITY };
    const records = await this.tools.log.read(Math.max(after, first - 1), limit);
    const last = records.at(-1)?.sequence;
    if (last === undefined) return { entries: [], upTo: Number.POSITIVE_INFINITY };
    const found = await inRanges(rows, records, this.tools);
    return { entries: found.map(({ record, range }) => ({ record, letter: letterOf(range) })), upTo: last };
  }
}

function letterOf(row: LetterRow): ReplayLetter {
  return {
    id: row.id,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    count: row.count,
    attempts: row.attempts,
    ...(row.event_id !== null && { eventId: row.event_id }),
  };
}
