import { parseArgs } from 'node:util';

/** What an operator asks of replays, as a request of the admin API. */
export type ReplayCommand =
  | {
      readonly does: 'start-replay' | 'show-replay';
      readonly path: string;
      /** Waits for its end, and tells how far it is. */
      readonly follow?: true;
    }
  | { readonly does: 'list-replays' | 'cancel-replay'; readonly path: string };

/** A replay command with the options that every command has. */
export interface ReplayArguments {
  readonly command: ReplayCommand;
  readonly json: boolean;
  readonly config: string | undefined;
}

const USAGE =
  'replay takes start NAME with what to send again (--from-sequence, --to-sequence, --since, --until, --event, --action, --type, --repository or --dead-letters; --rate, --dry-run, --follow), list [NAME], show ID [--follow] or cancel ID';

/** Of each option, the parameter of the admin API. */
const PARAMETERS = {
  'from-sequence': 'from',
  'to-sequence': 'to',
  since: 'since',
  until: 'until',
  event: 'event',
  action: 'action',
  type: 'type',
  repository: 'repository',
  letter: 'letter',
  rate: 'rate',
} as const;

type Option = keyof typeof PARAMETERS;

/** Reads the words behind `replay`. A text says what is wrong with them. */
export function parseReplay(argv: readonly string[]): ReplayArguments | string {
  const many = { type: 'string', multiple: true } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...(Object.fromEntries(Object.keys(PARAMETERS).map((name) => [name, many])) as Record<
          Option,
          typeof many
        >),
        'dead-letters': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        follow: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const { json, config, follow, 'dead-letters': deadLetters, 'dry-run': dryRun, ...given } = values;
    const query = new URLSearchParams();
    for (const [name, texts] of Object.entries(given))
      for (const text of texts) query.append(PARAMETERS[name as Option], text);
    if (deadLetters) query.append('deadletters', 'true');
    if (dryRun) query.append('dryrun', 'true');
    const command = commandOf(positionals, query) ?? fail(USAGE);
    return { command: follow ? following(command, dryRun) : command, json, config };
  } catch (error) {
    // parseArgs throws TypeErrors whose first sentence is made for people.
    if (error instanceof TypeError) return error.message.split('. ')[0] ?? error.message;
    throw error;
  }
}

function commandOf(
  [verb, name, ...more]: readonly string[],
  query: URLSearchParams,
): ReplayCommand | undefined {
  if (more.length > 0 || name === '') return undefined;
  if (verb === 'start' && name !== undefined)
    return {
      does: 'start-replay',
      path: `endpoints/${encodeURIComponent(name)}/replays?${query.toString()}`,
    };
  if (query.size > 0) return undefined;
  if (verb === 'list') {
    const which = name === undefined ? '' : `?endpoint=${encodeURIComponent(name)}`;
    return { does: 'list-replays', path: `replays${which}` };
  }
  if (name === undefined) return undefined;
  const path = `replays/${encodeURIComponent(name)}`;
  if (verb === 'show') return { does: 'show-replay', path };
  return verb === 'cancel' ? { does: 'cancel-replay', path } : undefined;
}

function following(command: ReplayCommand, dryRun: boolean): ReplayCommand {
  if (!dryRun && (command.does === 'start-replay' || command.does === 'show-replay'))
    return { ...command, follow: true };
  return fail('--follow belongs to replay start, without --dry-run, and to replay show');
}

function fail(message: string): never {
  throw new TypeError(message);
}
