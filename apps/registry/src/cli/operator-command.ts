import { parseDuration } from '../config/values/duration.js';

/** What an operator asks of a running server. */
export type OperatorCommand =
  | { readonly does: 'list-endpoints' | 'reload' }
  | { readonly does: 'change-endpoint'; readonly change: EndpointChange; readonly endpoint: string }
  | { readonly does: 'test-endpoint'; readonly endpoint: string }
  | { readonly does: 'show-endpoint'; readonly endpoint: string }
  | {
      readonly does: 'drain-endpoint';
      readonly endpoint: string;
      readonly timeoutSeconds: number | undefined;
    }
  | { readonly does: 'show-event'; readonly id: string }
  | { readonly does: 'list-events' | 'tail-events'; readonly filter: EventFilter }
  | { readonly does: 'list-dead-letters'; readonly endpoint: string }
  | { readonly does: 'redrive'; readonly endpoint: string; readonly id: string | undefined }
  | { readonly does: 'delete-dead-letter'; readonly endpoint: string; readonly id: string };

export type EndpointChange = 'pause' | 'resume' | 'enable' | 'disable';

/** Which events are shown, in the words of the admin API. */
export type EventFilter = Readonly<Partial<Record<'after' | 'limit' | 'type' | 'lane', string>>>;

export const OPERATOR_COMMANDS = ['endpoints', 'events', 'dead-letters', 'reload'] as const;

export function isOperatorCommand(name: string): name is (typeof OPERATOR_COMMANDS)[number] {
  return (OPERATOR_COMMANDS as readonly string[]).includes(name);
}

const USAGE: Readonly<Record<(typeof OPERATOR_COMMANDS)[number], string>> = {
  endpoints:
    'endpoints takes list, or show, pause, resume, enable, disable, test or drain and the NAME of an endpoint',
  events: 'events takes show ID, or list or tail, with --after, --limit, --type and --lane',
  reload: 'reload takes nothing but --config and --json',
  'dead-letters': 'dead-letters takes list NAME, redrive NAME [ID] or delete NAME ID',
};

const CHANGES: readonly string[] = [
  'pause',
  'resume',
  'enable',
  'disable',
] satisfies readonly EndpointChange[];

/** Reads the words behind the command. A text says what is wrong with them. */
export function parseOperatorCommand(
  command: (typeof OPERATOR_COMMANDS)[number],
  words: readonly string[],
  filter: EventFilter,
): OperatorCommand | string {
  const parsers = {
    endpoints: ofEndpoints,
    events: () => ofEvents(words, filter),
    'dead-letters': ofDeadLetters,
    reload: ofReload,
  };
  return parsers[command](words) ?? USAGE[command];
}

/** Adds `--timeout` to the command that takes it. */
export function withTimeout(
  command: OperatorCommand | string,
  timeout: string | undefined,
): OperatorCommand | string {
  if (timeout === undefined || typeof command === 'string') return command;
  if (command.does !== 'drain-endpoint') return command;
  const reading = parseDuration(timeout);
  if (!reading.ok) return `--timeout takes a duration such as 90s: found ${JSON.stringify(timeout)}`;
  return { ...command, timeoutSeconds: reading.ms / 1_000 };
}

function ofEndpoints([verb = 'list', endpoint, ...more]: readonly string[]): OperatorCommand | undefined {
  if (more.length > 0) return undefined;
  if (verb === 'list') return endpoint === undefined ? { does: 'list-endpoints' } : undefined;
  if (endpoint === undefined || endpoint === '') return undefined;
  if (verb === 'test') return { does: 'test-endpoint', endpoint };
  if (verb === 'show') return { does: 'show-endpoint', endpoint };
  if (verb === 'drain') return { does: 'drain-endpoint', endpoint, timeoutSeconds: undefined };
  return CHANGES.includes(verb)
    ? { does: 'change-endpoint', change: verb as EndpointChange, endpoint }
    : undefined;
}

function ofEvents(
  [verb = 'list', ...more]: readonly string[],
  filter: EventFilter,
): OperatorCommand | undefined {
  const [id, ...rest] = more;
  if (verb === 'show' && id !== undefined && id !== '' && rest.length === 0)
    return { does: 'show-event', id };
  if (more.length > 0 || (verb !== 'list' && verb !== 'tail')) return undefined;
  return { does: verb === 'list' ? 'list-events' : 'tail-events', filter };
}

function ofReload(words: readonly string[]): OperatorCommand | undefined {
  return words.length === 0 ? { does: 'reload' } : undefined;
}

function ofDeadLetters([verb, endpoint, id, ...more]: readonly string[]): OperatorCommand | undefined {
  if (endpoint === undefined || endpoint === '' || more.length > 0) return undefined;
  if (verb === 'list') return id === undefined ? { does: 'list-dead-letters', endpoint } : undefined;
  if (verb === 'redrive') return { does: 'redrive', endpoint, id };
  return verb === 'delete' && id !== undefined ? { does: 'delete-dead-letter', endpoint, id } : undefined;
}
