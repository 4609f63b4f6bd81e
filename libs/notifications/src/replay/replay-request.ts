import { FilterError } from '../event/filter.error.js';
import { compileFilter } from '../event/filter.js';
import { NotificationsError } from '../notifications.error.js';
import type { ReplayRequest, ReplaySelection } from './replay-job.js';

/** Ids that one job may name. */
const MOST_IDS = 1_000;

/** Longest id of an event. */
const LONGEST_ID = 255;

/**
 * A request as it may be stored. It comes from operators and programs, so nothing of it is believed.
 *
 * @throws NotificationsError `REPLAY_INVALID`
 */
export function checkedReplay(request: ReplayRequest): ReplayRequest {
  const { selection, rate } = request;
  const fault = faultOf(selection) ?? rateFault(rate);
  if (fault !== undefined) throw new NotificationsError('REPLAY_INVALID', fault);
  return request;
}

function faultOf(selection: ReplaySelection): string | undefined {
  if (selection.kind === 'dead-letters') return listFault('letters', selection.letters, isWhole);
  const { from, to, sinceMs, untilMs, ids, only } = selection;
  const given = [from, to, sinceMs, untilMs, ids, only].some((value) => value !== undefined);
  if (!given) return 'say which events are to be sent again: by sequence, time, id, or what describes them';
  const numbers = Object.entries({ from, to, sinceMs, untilMs });
  const bad = numbers.find(([, value]) => value !== undefined && !isWhole(value));
  if (bad !== undefined) return `${bad[0]} must be a whole number, at least 0`;
  if (from !== undefined && to !== undefined && from > to) return 'from must not be greater than to';
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs)
    return 'since must be before until';
  return listFault('ids', ids, isId) ?? filterFault(selection);
}

function rateFault(rate: ReplayRequest['rate']): string | undefined {
  if (rate === undefined) return undefined;
  const { events, perMs } = rate;
  return isWhole(events) && isWhole(perMs) && events > 0 && perMs > 0
    ? undefined
    : 'rate must have events and perMs, whole numbers of 1 or more';
}

function listFault(
  name: string,
  values: readonly unknown[] | undefined,
  isGood: (value: unknown) => boolean,
): string | undefined {
  if (values === undefined) return undefined;
  if (Array.isArray(values) && values.length > 0 && values.length <= MOST_IDS && values.every(isGood))
    return undefined;
  return `${name} must be a list of 1 to ${MOST_IDS} of them`;
}

function filterFault({ only }: Extract<ReplaySelection, { kind: 'events' }>): string | undefined {
  try {
    if (only !== undefined) compileFilter({ only });
    return undefined;
  } catch (error) {
    if (error instanceof FilterError) return `${error.path} ${error.reason}`;
    throw error;
  }
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID;
}
