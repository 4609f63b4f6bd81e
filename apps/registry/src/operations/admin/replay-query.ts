import type { EventSelection, ReplayRequest, ReplaySelection } from '@herald/notifications';
import { parseRate } from '../../config/values/rate.js';
import { every, type Query } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { numberOf, onceOf, wholeNumber } from './admin-query.js';

const KNOWN: readonly string[] =
  'from to since until event action type repository deadletters letter rate dryrun'.split(' ');

/**
 * What a query asks to have sent again. A parameter that is not known is refused: who mistypes a limit must not have everything sent.
 *
 * @throws RegistryError `PARAMETER_INVALID`
 */
export function replayRequestOf(query: Query): ReplayRequest {
  const unknown = Object.keys(query).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined)
    throw new RegistryError('PARAMETER_INVALID', `the parameters are ${KNOWN.join(', ')}`);
  const text = onceOf(query, 'rate');
  const rate = text === undefined ? undefined : parseRate(text);
  if (text !== undefined && rate === undefined)
    throw new RegistryError('PARAMETER_INVALID', 'rate must be such as 100/s, 10/m or 5/h');
  return { selection: selectionOf(query), ...(rate && { rate }) };
}

/** @throws RegistryError `PARAMETER_INVALID` */
export function flagOf(query: Query, name: string): boolean {
  const text = onceOf(query, name);
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new RegistryError('PARAMETER_INVALID', `${name} must be true or false`);
}

function selectionOf(query: Query): ReplaySelection {
  const events = eventsOf(query);
  const letters = every(query, 'letter').map((id) => wholeNumber(id, 'letter', { from: 1 }));
  if (!flagOf(query, 'deadletters') && letters.length === 0) return { kind: 'events', ...events };
  if (Object.keys(events).length > 0)
    throw new RegistryError(
      'PARAMETER_INVALID',
      'dead letters are sent again whole, or by their ids (letter)',
    );
  return { kind: 'dead-letters', ...(letters.length > 0 && { letters }) };
}

function eventsOf(query: Query): Omit<Extract<ReplaySelection, { kind: 'events' }>, 'kind'> {
  const from = numberOf(query, 'from', { from: 1 });
  const to = numberOf(query, 'to', { from: 1 });
  const sinceMs = timeOf(query, 'since');
  const untilMs = timeOf(query, 'until');
  const ids = every(query, 'event');
  const only = onlyOf(query);
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
    ...(ids.length > 0 && { ids }),
    ...(only && { only }),
  };
}

function onlyOf(query: Query): EventSelection | undefined {
  const [actions, types, repositories] = ['action', 'type', 'repository'].map((name) => every(query, name));
  const only = {
    ...(actions?.length && { actions }),
    ...(types?.length && { types }),
    ...(repositories?.length && { repositories }),
  };
  return Object.keys(only).length === 0 ? undefined : only;
}

/** A moment by RFC 3339, with its offset from UTC: what a server takes for local time, nobody knows. */
function timeOf(query: Query, name: string): number | undefined {
  const text = onceOf(query, name);
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new RegistryError('PARAMETER_INVALID', `${name} must be a time such as 2026-01-31T12:00:00Z`);
}
