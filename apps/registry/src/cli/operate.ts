import { NoServer } from './admin-client.js';
import { ask, itemsOf, Refused, say, text, type Item, type Operation } from './ask.js';
import { drain } from './drain.js';
import { EXIT_CODE } from './exit-code.js';
import type { EndpointChange, EventFilter, OperatorCommand } from './operator-command.js';
import { showEndpoint, showEvent } from './inspect.js';
import { counted } from './amounts.js';
import { reload } from './reload.js';
import { goneNote, replay } from './replay.js';
import type { ReplayCommand } from './replay-command.js';
import { table } from './table.js';

/** Does what an operator asks for by the admin API of the running server. Resolves with the exit code. */
export async function operate(
  command: OperatorCommand | ReplayCommand,
  operation: Operation,
): Promise<number> {
  try {
    if ('path' in command) return await replay(command, operation);
    await perform(command, operation);
    return EXIT_CODE.ok;
  } catch (error) {
    if (error instanceof NoServer) {
      operation.output.stderr('herald: no server runs with this configuration: start it with herald serve\n');
      return EXIT_CODE.noServer;
    }
    if (!(error instanceof Refused)) return unreachable(error, operation);
    operation.output.stderr(`herald: ${error.message}\n`);
    return EXIT_CODE.refused;
  }
}

/** There is a server, and it cannot be asked: its socket belongs to another user, or it does not answer. */
function unreachable(error: unknown, { output }: Operation): number {
  const { code, name, message }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error));
  const reason =
    code === 'EACCES' || code === 'EPERM'
      ? 'only the user that it runs as may use its admin socket'
      : name === 'TimeoutError'
        ? 'it does not answer'
        : message;
  output.stderr(`herald: the server could not be asked: ${reason}\n`);
  return EXIT_CODE.refused;
}

async function perform(command: OperatorCommand, operation: Operation): Promise<void> {
  switch (command.does) {
    case 'list-endpoints':
      return listEndpoints(operation);
    case 'show-endpoint':
      return showEndpoint(operation, command.endpoint);
    case 'drain-endpoint':
      return drain(operation, command.endpoint, command.timeoutSeconds);
    case 'show-event':
      return showEvent(operation, command.id);
    case 'reload':
      return reload(operation);
    case 'change-endpoint':
      return callEndpoint(operation, command.endpoint, command.change);
    case 'test-endpoint':
      return callEndpoint(operation, command.endpoint, 'test');
    case 'list-events': {
      const page = await ask(operation, 'GET', `events${queryOf(command.filter)}`);
      return say(operation, page, eventTable(itemsOf(page, 'events')));
    }
    case 'tail-events':
      return tail(operation, command.filter);
    case 'list-dead-letters':
      return listDeadLetters(operation, command.endpoint);
    case 'redrive':
      return redrive(operation, command.endpoint, command.id);
    default: {
      await ask(operation, 'DELETE', `${lettersOf(command.endpoint)}/${encodeURIComponent(command.id)}`);
      return say(operation, { deleted: command.id }, `gave up dead letter ${command.id}\n`);
    }
  }
}

/** Has something done with an endpoint, and tells how it is then, or how the try ended. */
async function callEndpoint(
  operation: Operation,
  endpoint: string,
  verb: EndpointChange | 'test',
): Promise<void> {
  const answer = await ask(operation, 'POST', `endpoints/${encodeURIComponent(endpoint)}/${verb}`);
  say(operation, answer, verb === 'test' ? testLine(answer) : `${endpoint} is ${text(answer['state'])}\n`);
  if (verb === 'test' && answer['delivered'] !== true) throw new Refused(`${endpoint} did not take it`);
}

async function listEndpoints(operation: Operation): Promise<void> {
  const answer = await ask(operation, 'GET', 'endpoints');
  const rows = itemsOf(answer, 'endpoints').map((item) =>
    ['name', 'origin', 'state', 'breaker', 'Pending', 'lag', 'Successes', 'deadLetters'].map(
      (key) => item[key],
    ),
  );
  const detached = itemsOf(answer, 'detached').map((item) => [
    item['name'],
    undefined,
    'detached',
    undefined,
    undefined,
    item['lag'],
    undefined,
    item['deadLetters'],
  ]);
  const header = ['NAME', 'ADDRESS', 'STATE', 'BREAKER', 'PENDING', 'LAG', 'DELIVERED', 'DEAD'];
  say(
    operation,
    answer,
    rows.length + detached.length === 0
      ? 'no endpoints are configured\n'
      : table(header, [...rows, ...detached]),
  );
}

async function redrive(operation: Operation, endpoint: string, id: string | undefined): Promise<void> {
  const which = id === undefined ? '' : `/${encodeURIComponent(id)}`;
  const answer = await ask(operation, 'POST', `${lettersOf(endpoint)}${which}/redrive`);
  const { job, events, gone } = answer;
  say(
    operation,
    answer,
    `job ${text(job)} sends ${counted(Number(events), 'event')} again${goneNote(gone)}\n`,
  );
}

/** Every page: people who look for a letter do not know on which it is. */
async function listDeadLetters(operation: Operation, endpoint: string): Promise<void> {
  const letters: Item[] = [];
  let after: unknown = 0;
  while (after !== undefined) {
    const page = await ask(operation, 'GET', `${lettersOf(endpoint)}?limit=1000&after=${text(after)}`);
    letters.push(...itemsOf(page, 'deadLetters'));
    after = page['next'];
  }
  const rows = letters.map((item) => [
    item['id'],
    item['at'],
    item['reason'],
    item['count'],
    item['attempts'],
    item['lastStatus'],
    item['eventId'] ?? `${text(item['firstSequence'])}-${text(item['lastSequence'])}`,
    item['redrive'],
  ]);
  const header = ['ID', 'SINCE', 'REASON', 'EVENTS', 'ATTEMPTS', 'STATUS', 'EVENT', 'REDRIVE'];
  say(
    operation,
    { deadLetters: letters },
    rows.length === 0 ? `${endpoint} has no dead letters\n` : table(header, rows),
  );
}

/** Shows events as they come, from now on or after a sequence. */
async function tail(operation: Operation, filter: EventFilter): Promise<void> {
  let after: unknown = filter.after ?? (await ask(operation, 'GET', 'endpoints'))['head'];
  do {
    const page = await ask(operation, 'GET', `events${queryOf({ ...filter, after: text(after) })}`);
    for (const item of itemsOf(page, 'events')) {
      operation.output.stdout(
        operation.json ? `${JSON.stringify(item)}\n` : `${eventRow(item).map(text).join('  ')}\n`,
      );
    }
    after = page['next'];
    if (Number(after) < Number(page['head'])) continue;
    if (!(await operation.pause())) return;
  } while (after !== undefined);
}

function lettersOf(endpoint: string): string {
  return `endpoints/${encodeURIComponent(endpoint)}/dead-letters`;
}

function queryOf(filter: EventFilter): string {
  const query = new URLSearchParams(filter as Record<string, string>).toString();
  return query === '' ? '' : `?${query}`;
}

function eventTable(items: readonly Item[]): string {
  if (items.length === 0) return 'no such events are in the log\n';
  return table(['SEQUENCE', 'TIME', 'TYPE', 'LANE', 'ID'], items.map(eventRow));
}

function eventRow(item: Item): readonly unknown[] {
  return ['sequence', 'time', 'type', 'lane', 'id'].map((key) => item[key]);
}

function testLine(answer: Item): string {
  const how = answer['status'] === undefined ? text(answer['fault']) : `status ${text(answer['status'])}`;
  return `${answer['delivered'] === true ? 'delivered' : 'not delivered'}: ${how} after ${text(answer['durationMs'])} ms\n`;
}
