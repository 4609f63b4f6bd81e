import { setImmediate as nextTurn } from 'node:timers/promises';
import { inRanges, type LetterRange } from './letter-ranges.js';
import type { ReplayEstimate } from './replay-job.js';
import type { SourceTools } from './replay-source.js';

interface CountedRange extends LetterRange {
  readonly count: number;
}

/** Letters of an endpoint that nobody sends again yet: all, or those with these ids. */
const WAITING = `FROM dead_letters WHERE endpoint = ?1 AND redrive IS NULL
  AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))`;

/** Records that one turn looks at. */
const PAGE = 512;

/**
 * Counts what of an endpoint's dead letters can be sent again, and what the log has forgotten. Letters that lie on one side of the log's
 * beginning are arithmetic; only for ranges that lie across it the log is read, in pages, a page a turn.
 *
 * @param oldest the first sequence that the log has
 * @throws DatabaseError
 */
export async function estimateLetters(
  tools: Pick<SourceTools, 'log' | 'database' | 'wants'>,
  { endpoint, letters }: { readonly endpoint: string; readonly letters?: readonly number[] | undefined },
  oldest: number,
): Promise<ReplayEstimate> {
  const which = [endpoint, letters === undefined ? null : JSON.stringify(letters), oldest];
  const [sums] = await tools.database.read<{ all: number; gone: number }>(
    `SELECT coalesce(sum(count), 0) AS "all", coalesce(sum(iif(last_sequence < ?3, count, 0)), 0) AS gone ${WAITING}`,
    which,
  );
  const across = await tools.database.read<CountedRange>(
    `SELECT id, lane, first_sequence, last_sequence, listed_up_to, count ${WAITING}
       AND event_id IS NULL AND first_sequence < ?3 AND last_sequence >= ?3 ORDER BY first_sequence, id`,
    which,
  );
  const left = await eventsLeft(tools, across, oldest);
  const missing = across.map(({ id, count }) => Math.max(0, count - (left.get(id) ?? 0)));
  const gone = missing.reduce((sum, count) => sum + count, sums?.gone ?? 0);
  return { events: (sums?.all ?? 0) - gone, gone };
}

/** Of each range, how many of its events the log has. */
async function eventsLeft(
  tools: Pick<SourceTools, 'log' | 'database' | 'wants'>,
  ranges: readonly CountedRange[],
  oldest: number,
): Promise<ReadonlyMap<number, number>> {
  const left = new Map<number, number>();
  const last = Math.max(...ranges.map((range) => range.last_sequence));
  for (let after = oldest - 1; after < last; await nextTurn()) {
    const records = await tools.log.read(after, PAGE);
    for (const { range } of await inRanges(ranges, records, tools))
      left.set(range.id, (left.get(range.id) ?? 0) + 1);
    after = records.at(-1)?.sequence ?? last;
  }
  return left;
}
