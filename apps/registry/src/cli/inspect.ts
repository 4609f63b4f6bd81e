import { ask, itemOf, itemsOf, say, text, type Item, type Operation } from './ask.js';
import { table } from './table.js';

/** Attempts that are shown of an endpoint. */
const ATTEMPTS = 10;

const FIGURES = [
  ['address', 'origin'],
  ['state', 'state'],
  ['pending', 'Pending'],
  ['lag', 'lag'],
  ['delivered', 'Successes'],
  ['dead letters', 'deadLetters'],
  ['events a request', 'envelopeSize'],
  ['oldest pending', 'oldestPendingAt'],
  ['last success', 'lastSuccessAt'],
  ['last error', 'lastError'],
] as const;

/** `herald endpoints show NAME`: how an endpoint fares, the lanes that are furthest behind, and the last attempts. */
export async function showEndpoint(operation: Operation, endpoint: string): Promise<void> {
  const path = `endpoints/${encodeURIComponent(endpoint)}`;
  const answer = await ask(operation, 'GET', path);
  const { attempts } = await ask(operation, 'GET', `${path}/attempts?limit=${ATTEMPTS}`);
  const detail = itemOf(answer, 'detail');
  const lanes = itemOf(detail, 'lanes');
  const figures = FIGURES.filter(([, key]) => answer[key] !== undefined).map(
    ([label, key]) => `${label.padEnd(18)}${text(answer[key])}\n`,
  );
  const parts = [
    `${endpoint}\n${figures.join('')}${'breaker'.padEnd(18)}${breakerLine(itemOf(detail, 'breaker'))}\n`,
    laneTable(itemsOf(lanes, 'first'), lanes['total']),
    attemptTable(itemsOf({ attempts }, 'attempts')),
  ];
  say(operation, { ...answer, attempts }, parts.filter((part) => part !== '').join('\n'));
}

/** `herald events show ID`: an event, and what became of it at each endpoint. */
export async function showEvent(operation: Operation, id: string): Promise<void> {
  const path = `events/${encodeURIComponent(id)}`;
  const event = await ask(operation, 'GET', path);
  const fate = await ask(operation, 'GET', `${path}/attempts`);
  const endpoints = itemsOf(fate, 'endpoints');
  const rows = endpoints.map((item) => [
    item['endpoint'],
    item['state'],
    itemsOf(item, 'attempts').length,
    item['deadLetter'],
  ]);
  const attempts = endpoints.flatMap((item) => itemsOf(item, 'attempts'));
  const parts = [
    `${text(event['id'])}  ${text(event['type'])}  ${text(event['lane'])}  ${text(event['time'])}\n`,
    `${JSON.stringify(event['data'], undefined, 2)}\n`,
    table(['ENDPOINT', 'STATE', 'ATTEMPTS', 'DEAD LETTER'], rows),
    attemptTable(attempts),
  ];
  say(operation, { ...event, endpoints }, parts.filter((part) => part !== '').join('\n'));
}

function breakerLine({ state, failures, openings, nextProbeAt, heldUntil }: Item): string {
  const counts =
    state === 'closed' ? `${text(failures)} failures in a row` : `opened ${text(openings)} times`;
  const probe = nextProbeAt === undefined ? '' : `, next probe ${text(nextProbeAt)}`;
  const held = heldUntil === undefined ? '' : `, asked to be left alone until ${text(heldUntil)}`;
  return `${text(state)}, ${counts}${probe}${held}`;
}

function laneTable(lanes: readonly Item[], total: unknown): string {
  if (lanes.length === 0) return '';
  const keys = ['lane', 'state', 'firstSequence', 'attempts', 'inFlight', 'dueAt'];
  const header = ['LANE', 'STATE', 'FIRST', 'ATTEMPTS', 'IN FLIGHT', 'DUE'];
  const more = Number(total) > lanes.length ? `and ${Number(total) - lanes.length} more lanes\n` : '';
  return `${table(
    header,
    lanes.map((lane) => keys.map((key) => lane[key])),
  )}${more}`;
}

function attemptTable(attempts: readonly Item[]): string {
  if (attempts.length === 0) return '';
  const rows = attempts.map((item) => [
    item['at'],
    item['endpoint'],
    item['status'] ?? item['fault'],
    item['outcome'],
    item['durationMs'],
    item['events'],
  ]);
  return table(['AT', 'ENDPOINT', 'ANSWER', 'OUTCOME', 'MS', 'EVENTS'], rows);
}
