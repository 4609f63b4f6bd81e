import { compileFilter } from '../event/filter.js';
import { recordOf, type EventRow } from '../event-log/event-log.js';
import type { LogRecord } from '../event-log/log-record.js';
import type { EventsToReplay } from './replay-job.js';
import { ReplaySource, type ReplayPage, type SourceTools } from './replay-source.js';

/** Events of the log: a stretch of it, or some by their ids; of them what was asked for and what the endpoint wants. */
export class EventsSource extends ReplaySource {
  readonly #describes: (record: LogRecord) => boolean;

  /** @throws FilterError when the selection cannot be compiled */
  constructor(
    private readonly selection: EventsToReplay,
    private readonly lastSequence: number,
    private readonly tools: SourceTools,
  ) {
    super();
    this.#describes = compileFilter(selection.only === undefined ? {} : { only: selection.only });
  }

  override async read(after: number, ceiling: number, limit: number): Promise<ReplayPage> {
    const end = Math.min(this.lastSequence, ceiling);
    if (after >= end) return { entries: [], upTo: after, finished: [] };
    const { ids } = this.selection;
    const records = await (ids === undefined
      ? this.tools.log.read(after, limit)
      : this.#byIds(ids, after, limit));
    const within = records.filter(({ sequence }) => sequence <= end);
    const more = within.length > 0 && within.length === records.length;
    return {
      entries: within.filter((record) => this.#isAskedFor(record)).map((record) => ({ record })),
      upTo: more ? (within.at(-1)?.sequence ?? end) : end,
      finished: [],
    };
  }

  async #byIds(ids: readonly string[], after: number, limit: number): Promise<readonly LogRecord[]> {
    const rows = await this.tools.database.read<EventRow>(
      `SELECT sequence, id, lane, type, time_ms, data, detail FROM events
       WHERE id IN (SELECT value FROM json_each(?)) AND sequence > ? ORDER BY sequence LIMIT ?`,
      [JSON.stringify(ids), after, limit],
    );
    return rows.map(recordOf);
  }

  #isAskedFor(record: LogRecord): boolean {
    const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = this.selection;
    if (record.timeMs < sinceMs || record.timeMs >= untilMs) return false;
    return this.tools.wants(record) && this.#describes(record);
  }
}
