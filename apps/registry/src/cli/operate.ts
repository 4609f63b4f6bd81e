import type { AdminRequest } from './admin-client.js';
import { NoServer } from './admin-client.js';
import { reasonOf, type Output } from './delete-repository.js';
import { EXIT_CODE } from './exit-code.js';
import type { EventFilter, OperatorCommand } from './operator-command.js';
import { table } from './table.js';

/** What a command works with. */
export interface Operation {
  readonly request: AdminRequest;
  readonly output: Output;
  /** For programs: JSON, one document a line. */
  readonly json: boolean;
  /** Waits before the log is asked again. False: stop. */
  readonly pause: () => Promise<boolean>;
}

/** The server refused, and said why. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly code = 'REFUSED';
}

type Item = Readonly<Record<string, unknown>>;

/** Does what an operator asks for by the admin API of the running server. Resolves with the exit code. */
export async function operate(command: OperatorCommand, operation: Operation): Promise<number> {
  try {
    await perform(command, operation);
    return EXIT_CODE.ok;
  } catch (error) {
    if (error instanceof NoServer) {
      operation.output.stderr('herald: no server runs with this configuration: start it with herald serve\n');
      return EXIT_CODE.noServer;
    }
    if (!(error instanceof Refused)) throw error;
    operation.output.stderr(`herald: ${error.message}\n`);
    return EXIT_CODE.refused;
  }
}

async function perform(command: OperatorCommand, operation: Operation): Promise<void> {
  switch (command.does) {
    case 'list-endpoints':
      return listEndpoints(operation);
    case 'change-endpoint':
    case 'test-endpoint': {
      const verb = command.does === 'test-endpoint' ? 'test' : command.change;
      const answer = await ask(
        operation,
        'POST',
        `endpoints/${encodeURIComponent(command.endpoint)}/${verb}`,
      );
      return say(
        operation,
        answer,
        verb === 'test' ? testLine(answer) : `${command.endpoint} is ${text(answer['state'])}\n`,
      );
    }
    case 'list-events': {
      const page = await ask(operation, 'GET', `events${queryOf(command.filter)}`);
      return say(operation, page, eventTable(itemsOf(page, 'events')));
    }
    case 'tail-events':
      return tail(operation, command.filter);
    case 'list-dead-letters':
      return listDeadLetters(operation, command.endpoint);
    case 'redrive': {
      const which = command.id === undefined ? '' : `/${encodeURIComponent(command.id)}`;
      const answer = await ask(operation, 'POST', `${lettersOf(command.endpoint)}${which}/redrive`);
      return say(
        operation,
        answer,
        `job ${text(answer['job'])} sends ${text(answer['events'])} events again\n`,
      );
    }
    default: {
      await ask(operation, 'DELETE', `${lettersOf(command.endpoint)}/${encodeURIComponent(command.id)}`);
      return say(operation, { deleted: command.id }, `gave up dead letter ${command.id}\n`);
    }
  }
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
  say(operation, answer, table(header, [...rows, ...detached]));
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
  say(operation, { deadLetters: letters }, table(header, rows));
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

async function ask({ request }: Operation, method: 'GET' | 'POST' | 'DELETE', path: string): Promise<Item> {
  const { status, body } = await request(method, `/admin/v1/${path}`);
  if (status >= 200 && status < 300) return body === '' ? {} : (JSON.parse(body) as Item);
  throw new Refused(reasonOf(body));
}

function say({ output, json }: Operation, answer: Item, forPeople: string): void {
  output.stdout(json ? `${JSON.stringify(answer)}\n` : forPeople);
}

function lettersOf(endpoint: string): string {
  return `endpoints/${encodeURIComponent(endpoint)}/dead-letters`;
}

function queryOf(filter: EventFilter): string {
  const query = new URLSearchParams(filter as Record<string, string>).toString();
  return query === '' ? '' : `?${query}`;
}

function itemsOf(answer: Item, key: string): readonly Item[] {
  const items = answer[key];
  return Array.isArray(items) ? (items as readonly Item[]) : [];
}

function eventTable(items: readonly Item[]): string {
  return table(['SEQUENCE', 'TIME', 'TYPE', 'LANE', 'ID'], items.map(eventRow));
}

function eventRow(item: Item): readonly unknown[] {
  return ['sequence', 'time', 'type', 'lane', 'id'].map((key) => item[key]);
}

function testLine(answer: Item): string {
  const how = answer['status'] === undefined ? text(answer['fault']) : `status ${text(answer['status'])}`;
  return `${answer['delivered'] === true ? 'delivered' : 'not delivered'}: ${how} after ${text(answer['durationMs'])} ms\n`;
}

function text(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value ?? '-')).replaceAll(/\p{Cc}/gu, '?');
}
