import type { FlagName } from './command-flags.js';

/**
 * - `server` it asks a running server
 * - `either` it asks a running server, or works without one
 * - `none` it works while no server runs
 */
type Needs = 'server' | 'either' | 'none';

/** How a command is called, for its help and for what is said of options that it does not know. */
export interface CommandUsage {
  /** Its words, without operands: `endpoints drain`. */
  readonly name: string;
  readonly operands: string;
  readonly summary: string;
  readonly flags: readonly FlagName[];
  /** What follows `herald`. */
  readonly example: string;
  readonly needs?: Needs;
}

const BOTH: readonly FlagName[] = ['json', 'config'];
const FILTER: readonly FlagName[] = ['after', 'limit', 'type', 'lane'];
const CONFIG = '[CONFIG]';

function endpoint(verb: string, summary: string, flags: readonly FlagName[] = []): CommandUsage {
  const name = `endpoints ${verb}`;
  return {
    name,
    operands: 'NAME',
    summary,
    flags: [...flags, ...BOTH],
    example: `${name} ci`,
    needs: 'server',
  };
}

function ofServer(
  name: string,
  operands: string,
  summary: string,
  example: string,
  flags: readonly FlagName[] = [],
): CommandUsage {
  return { name, operands, summary, flags: [...flags, ...BOTH], example, needs: 'server' };
}

/** Every command, those of one family one after another. */
export const COMMAND_USAGES: readonly CommandUsage[] = [
  {
    name: 'serve',
    operands: CONFIG,
    summary: 'run the registry until SIGTERM or SIGINT',
    flags: ['ignore-existing', 'config'],
    example: 'serve config.yml',
  },
  {
    name: 'check',
    operands: CONFIG,
    summary: 'judge a configuration and print what is in effect, secrets redacted',
    flags: ['config'],
    example: 'check config.yml',
  },
  {
    name: 'repositories delete',
    operands: 'NAME',
    summary: 'delete a repository and all that is in it',
    flags: ['config'],
    example: 'repositories delete team/app',
    needs: 'either',
  },
  {
    name: 'backup',
    operands: 'DIR',
    summary: 'copy the database, and list the blobs that belong to it',
    flags: ['hold', ...BOTH],
    example: 'backup /backups/monday --hold 36h',
    needs: 'either',
  },
  {
    name: 'backup release',
    operands: '',
    summary: 'the blobs are copied: let garbage collection go on',
    flags: BOTH,
    example: 'backup release',
    needs: 'either',
  },
  {
    name: 'restore',
    operands: 'DIR',
    summary: 'put the database of a backup in its place, and name the blobs that are missing',
    flags: ['replace', ...BOTH],
    example: 'restore /backups/monday --replace',
    needs: 'none',
  },
  {
    name: 'gc',
    operands: CONFIG,
    summary: 'remove manifests, blobs and contents that nobody needs',
    flags: ['dry-run', 'force', ...BOTH],
    example: 'gc --dry-run',
    needs: 'either',
  },
  { ...endpoint('list', 'show all endpoints: state, lag, counts'), operands: '', example: 'endpoints list' },
  endpoint('show', 'show one: breaker, lanes that are behind, last attempts'),
  endpoint('pause', 'send it nothing until it is resumed; its events wait'),
  endpoint('resume', 'end its pause'),
  endpoint(
    'disable',
    'send it nothing and keep nothing for it until it is enabled; what it had not got becomes one dead letter',
  ),
  endpoint('enable', 'go on after it was disabled, was retired by a 410, or overflowed'),
  endpoint('test', 'try it with one request that tells of nothing'),
  endpoint('drain', 'send what is pending now, and wait until it is done', ['timeout']),
  ofServer(
    'events list',
    '',
    'show the event log',
    "events list --type 'registry.manifest.*' --limit 20",
    FILTER,
  ),
  ofServer(
    'events tail',
    '',
    'follow the event log, from now on or after a sequence',
    'events tail --lane team/app',
    FILTER,
  ),
  ofServer(
    'events show',
    'ID',
    'show an event, and what became of it at each endpoint',
    'events show 019df3aa-7c11-7d02-9b6e-4f1f0c9d5a77',
  ),
  ofServer('dead-letters list', 'NAME', 'show what an endpoint did not take', 'dead-letters list ci'),
  ofServer('dead-letters redrive', 'NAME [ID]', 'send all of it, or one, again', 'dead-letters redrive ci 7'),
  ofServer('dead-letters delete', 'NAME ID', 'give one up, for ever', 'dead-letters delete ci 7'),
  ofServer(
    'replay start',
    'NAME',
    'send events of the log to an endpoint again',
    'replay start ci --since 2026-11-21T06:00:00Z --rate 100/s',
    [
      'from-sequence',
      'to-sequence',
      'since',
      'until',
      'event',
      'action',
      'type',
      'repository',
      'dead-letters',
      'letter',
      'rate',
      'dry-run',
      'follow',
    ],
  ),
  ofServer('replay list', '[NAME]', 'show the replays, of one endpoint or of all', 'replay list ci'),
  ofServer(
    'replay show',
    'ID',
    'show how far a replay is',
    'replay show 4eade4ee-b7cf-4794-9d6e-7eea8e09f5f5',
    ['follow'],
  ),
  ofServer('replay cancel', 'ID', 'end a replay', 'replay cancel 4eade4ee-b7cf-4794-9d6e-7eea8e09f5f5'),
  ofServer(
    'reload',
    '',
    'read the configuration again: endpoints are added, changed and removed (SIGHUP does the same)',
    'reload',
  ),
  {
    name: 'import',
    operands: CONFIG,
    summary:
      "adopt the volume of Distribution under the storage's root directory in place; go on with an import that was interrupted",
    flags: ['verify', 'unreadable', ...BOTH],
    example: 'import config.yml',
    needs: 'none',
  },
  {
    name: 'export-links',
    operands: CONFIG,
    summary: 'write the links and manifests that Distribution needs to serve the volume again',
    flags: BOTH,
    example: 'export-links config.yml',
    needs: 'none',
  },
  {
    name: 'verify',
    operands: CONFIG,
    summary: 'read every blob and manifest, and name what is missing, wrong or a file that nothing knows',
    flags: ['remove-strays', ...BOTH],
    example: 'verify config.yml',
    needs: 'none',
  },
];

/** Families whose first command may be left out. */
const DEFAULTS: Readonly<Record<string, string>> = { endpoints: 'endpoints list', events: 'events list' };

/** The command that these words begin with; undefined when there is none, or only its family is named. */
export function usageOf(words: readonly string[]): CommandUsage | undefined {
  const [first = '', second] = words;
  const named = (name: string): CommandUsage | undefined =>
    COMMAND_USAGES.find((usage) => usage.name === name);
  const whole = second === undefined ? DEFAULTS[first] : `${first} ${second}`;
  return (whole === undefined ? undefined : named(whole)) ?? named(first);
}

/** All commands of that first word. */
export function familyOf(word: string): readonly CommandUsage[] {
  return COMMAND_USAGES.filter(({ name }) => name.split(' ')[0] === word);
}
