import { parseArgs } from 'node:util';

import { closestTo } from '../config/schema/closest.js';
import { overviewOf } from './command-options.js';
import { parseRestore, type RestoreCommand } from './restore-command.js';
import { parseReplay, type ReplayCommand } from './replay-command.js';
import type { Environment } from '../config/source/secret-reference.js';
import type { CollectCommand } from './collect-garbage.js';
import { parseBackup, type BackupCommand } from './backup-command.js';
import {
  ADOPTION_COMMANDS,
  parseAdoptionCommand,
  type AdoptionCommand,
  type AdoptionFlags,
} from './adoption-command.js';
import {
  isOperatorCommand,
  withTimeout,
  OPERATOR_COMMANDS,
  parseOperatorCommand,
  type EventFilter,
  type OperatorCommand,
} from './operator-command.js';

/** What the program was asked to do. */
export type Command =
  | { readonly kind: 'serve'; readonly configPath: string | undefined; readonly ignoreExisting: boolean }
  | { readonly kind: 'check'; readonly configPath: string | undefined }
  | { readonly kind: 'delete-repository'; readonly configPath: string | undefined; readonly name: string }
  | {
      readonly kind: 'backup';
      readonly configPath: string | undefined;
      readonly command: BackupCommand;
      readonly json: boolean;
    }
  | {
      readonly kind: 'operate';
      readonly configPath: string | undefined;
      readonly command: OperatorCommand | ReplayCommand;
      readonly json: boolean;
    }
  | {
      readonly kind: 'restore';
      readonly configPath: string | undefined;
      readonly command: RestoreCommand;
      readonly json: boolean;
    }
  | {
      readonly kind: 'adopt';
      readonly configPath: string | undefined;
      readonly command: AdoptionCommand;
      readonly json: boolean;
    }
  | {
      readonly kind: 'collect';
      readonly configPath: string | undefined;
      readonly command: CollectCommand;
      readonly json: boolean;
    }
  /** `words`: the command that help is asked for; none asks for all. */
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'usage-error'; readonly message: string };

const COMMANDS = [
  'serve',
  'check',
  'repositories',
  'backup',
  'restore',
  'gc',
  'replay',
  ...OPERATOR_COMMANDS,
  ...ADOPTION_COMMANDS,
  'help',
  'version',
] as const;

/**
 * Reads the arguments that follow the program's name. None at all ask for help, as in Distribution.
 *
 * The configuration is the CONFIG argument, else what `REGISTRY_CONFIGURATION_PATH` names, else none.
 */
export function parseCommandLine(argv: readonly string[], environment: Environment): Command {
  const { words: said, help, fault } = overviewOf(argv);
  if (help) return { kind: 'help', words: said };
  if (fault !== undefined) return usageError(fault);
  if (said[0] === 'restore') return ofRestore(withoutFirst(argv, 'restore'), environment);
  if (said[0] === 'replay') return ofReplay(withoutFirst(argv, 'replay'), environment);
  const reading = readArguments(argv);
  if (typeof reading === 'string') {
    return usageError(reading);
  }
  const { flags, words } = reading;
  return flags.version ? { kind: 'version' } : ofWords(words, flags, environment);
}

function withoutFirst(argv: readonly string[], word: string): readonly string[] {
  return argv.toSpliced(argv.indexOf(word), 1);
}

function ofWords(
  [name = 'help', ...operands]: readonly string[],
  flags: Arguments['flags'],
  environment: Environment,
): Command {
  if (isOperatorCommand(name)) return ofOperator(name, operands, flags, environment);
  switch (name) {
    case 'help':
      return { kind: name, words: operands };
    case 'version':
      return { kind: name };
    case 'repositories':
      return ofRepositories(operands, flags.config ?? configOf(environment));
    case 'backup':
      return ofBackup(operands, flags, environment);
    case 'gc':
      return ofCollection(operands, flags, environment);
    case 'serve':
    case 'check':
      return withConfig(name, operands, flags, environment);
    default:
      return ofAdoption(name, operands, flags, environment) ?? usageError(unknownCommand(name));
  }
}

function withConfig(
  kind: 'serve' | 'check',
  operands: readonly string[],
  { ignoreExisting, config }: Arguments['flags'],
  environment: Environment,
): Command {
  const [operand, ...more] = operands;
  if (more.length > 0 || operand === '') {
    return usageError(`${kind} takes one CONFIG, the path of a file`);
  }
  const configPath = operand ?? config ?? configOf(environment);
  return kind === 'serve' ? { kind, configPath, ignoreExisting } : { kind, configPath };
}

function ofAdoption(
  name: string,
  [operand, ...more]: readonly string[],
  { adoption, json, config }: Arguments['flags'],
  environment: Environment,
): Command | undefined {
  const command = parseAdoptionCommand(name, adoption);
  if (command === undefined) {
    return undefined;
  }
  if (typeof command === 'string') {
    return usageError(command);
  }
  if (more.length > 0 || operand === '') {
    return usageError(`${name} takes one CONFIG, the path of a file`);
  }
  return { kind: 'adopt', configPath: operand ?? config ?? configOf(environment), command, json };
}

function ofOperator(
  name: (typeof OPERATOR_COMMANDS)[number],
  operands: readonly string[],
  { filter, json, config, timeout }: Arguments['flags'],
  environment: Environment,
): Command {
  const command = withTimeout(parseOperatorCommand(name, operands, filter), timeout);
  if (typeof command === 'string') {
    return usageError(command);
  }
  return { kind: 'operate', configPath: config ?? configOf(environment), command, json };
}

function ofRestore(words: readonly string[], environment: Environment): Command {
  const parsed = parseRestore(words);
  if (typeof parsed === 'string') return usageError(parsed);
  const { command, json, config } = parsed;
  return { kind: 'restore', configPath: config ?? configOf(environment), command, json };
}

function ofReplay(words: readonly string[], environment: Environment): Command {
  const parsed = parseReplay(words);
  if (typeof parsed === 'string') {
    return usageError(parsed);
  }
  const { command, json, config } = parsed;
  return { kind: 'operate', configPath: config ?? configOf(environment), command, json };
}

function ofBackup(
  operands: readonly string[],
  { hold, json, config }: Arguments['flags'],
  environment: Environment,
): Command {
  const command = parseBackup(operands, hold);
  if (typeof command === 'string') {
    return usageError(command);
  }
  return { kind: 'backup', configPath: config ?? configOf(environment), command, json };
}

function ofCollection(
  [operand, ...more]: readonly string[],
  { collection, json, config }: Arguments['flags'],
  environment: Environment,
): Command {
  if (more.length > 0 || operand === '') {
    return usageError('gc takes one CONFIG, the path of a file');
  }
  const configPath = operand ?? config ?? configOf(environment);
  return { kind: 'collect', configPath, command: collection, json };
}

function ofRepositories(operands: readonly string[], configPath: string | undefined): Command {
  const [verb, name, ...more] = operands;
  if (verb !== 'delete' || name === undefined || name === '' || more.length > 0) {
    return usageError('repositories knows one thing: repositories delete NAME [--config CONFIG]');
  }
  return { kind: 'delete-repository', configPath, name };
}

/** A variable that is set to nothing names no file. */
function configOf(environment: Environment): string | undefined {
  return environment['REGISTRY_CONFIGURATION_PATH'] || undefined;
}

interface Arguments {
  readonly flags: {
    readonly version: boolean;
    readonly ignoreExisting: boolean;
    readonly config: string | undefined;
    readonly json: boolean;
    readonly hold: string | undefined;
    readonly timeout: string | undefined;
    readonly filter: EventFilter;
    readonly adoption: AdoptionFlags;
    readonly collection: CollectCommand;
  };
  readonly words: readonly string[];
}

function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        version: { type: 'boolean', short: 'v', default: false },
        'ignore-existing': { type: 'boolean', default: false },
        config: { type: 'string' },
        json: { type: 'boolean', default: false },
        verify: { type: 'boolean', default: false },
        unreadable: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        force: { type: 'boolean', default: false },
        hold: { type: 'string' },
        'remove-strays': { type: 'boolean', default: false },
        timeout: { type: 'string' },
        after: { type: 'string' },
        limit: { type: 'string' },
        type: { type: 'string' },
        lane: { type: 'string' },
      },
    });
    const { 'ignore-existing': ignoreExisting, 'dry-run': dryRun, force, ...others } = values;
    const { version, config, json, hold, timeout, ...rest } = others;
    const { verify, unreadable, 'remove-strays': removeStrays, ...filter } = rest;
    const own = { adoption: { verify, unreadable, removeStrays }, collection: { dryRun, force } };
    return {
      flags: { version, ignoreExisting, config, json, hold, timeout, filter: { ...filter }, ...own },
      words: positionals,
    };
  } catch (error) {
    // parseArgs throws TypeErrors whose first sentence is made for people.
    if (error instanceof TypeError) {
      return error.message.split('. ')[0] ?? error.message;
    }
    throw error;
  }
}

/** Distribution's other command is known by name, so that nobody looks for a slip of the pen. */
function unknownCommand(name: string): string {
  if (name === 'garbage-collect') {
    return `Herald has no command ${name}; did you mean gc?`;
  }
  const closest = closestTo(name, COMMANDS);
  const hint = closest === undefined ? `the commands are ${COMMANDS.join(', ')}` : `did you mean ${closest}?`;
  return `unknown command ${JSON.stringify(name)}; ${hint}`;
}

function usageError(message: string): Command {
  return { kind: 'usage-error', message };
}
