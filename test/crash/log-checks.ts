import { DatabaseSync } from 'node:sqlite';
import type { RegistryEvent } from '@herald/notifications';
import { factOf, wordsOf } from './fact.js';
import type { Finding } from './finding.js';
import { INSPECTOR } from './inspection.js';
import type { Arrival } from './receiver.js';

interface LogRow {
  readonly sequence: number;
  readonly data: string;
  readonly detail: string | null;
}

/** What the envelope has no room for. */
interface Detail {
  readonly previousDigest?: string;
  readonly deletedDigest?: string;
}

/** The events of a log, in its order. */
export function eventsOf(database: DatabaseSync): readonly LogEvent[] {
  const rows = database
    .prepare('SELECT sequence, data, detail FROM events ORDER BY sequence')
    .all() as unknown as readonly LogRow[];
  return rows.map(({ sequence, data, detail }) => {
    const event = JSON.parse(data) as RegistryEvent;
    return { sequence, event, detail: JSON.parse(detail ?? '{}') as Detail };
  });
}

/** Compares what arrived with the log itself, which knows the order of the commits. */
export function compareWithLog(events: readonly LogEvent[], arrivals: readonly Arrival[]): Finding[] {
  const log = events.filter(({ event }) => event.request.useragent !== INSPECTOR);
  return [...compareOrder(log, arrivals), ...checkTagMoves(log)];
}

export interface LogEvent {
  readonly sequence: number;
  readonly event: RegistryEvent;
  readonly detail: Detail;
}

function compareOrder(log: readonly LogEvent[], arrivals: readonly Arrival[]): Finding[] {
  const findings: Finding[] = [];
  const place = new Map(log.map(({ event }, index) => [event.id, index]));
  const arrived = new Set(arrivals.map(({ event }) => event.id));
  for (const { event } of log) {
    if (!arrived.has(event.id))
      findings.push({ kind: 'undelivered', what: `${wordsOf(factOf(event))} (${event.id})` });
  }
  const last = new Map<string, number>();
  for (const { event } of arrivals) {
    const at = place.get(event.id);
    const { repository } = event.target;
    const words = `${wordsOf(factOf(event))} (${event.id})`;
    if (at === undefined) findings.push({ kind: 'phantom', what: `${words} is not in the log` });
    else if (at < (last.get(repository) ?? -1)) {
      findings.push({
        kind: 'misordered',
        what: `${words} arrived after an event that the log has behind it`,
      });
    } else last.set(repository, at);
  }
  return findings;
}

/** Each tag's history is a chain: an event says what the tag named before, and that is what the event before it said. */
function checkTagMoves(log: readonly LogEvent[]): Finding[] {
  const findings: Finding[] = [];
  const tags = new Map<string, string | undefined>();
  for (const { event, detail } of log) {
    const { action, target } = event;
    if (target.tag === undefined || action === 'pull') continue;
    const { previousDigest, deletedDigest } = detail;
    const key = `${target.repository} ${target.tag}`;
    const previous = action === 'delete' ? deletedDigest : previousDigest;
    if (tags.get(key) !== previous) {
      const what = `${wordsOf(factOf(event))} says that the tag named ${previous}, and the event before says ${tags.get(key)}`;
      findings.push({ kind: 'misordered', what });
    }
    tags.set(key, action === 'delete' ? undefined : target.digest);
  }
  return findings;
}
