import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ConfigError } from '../config/config.error.js';
import { loadConfig, type LoadedConfig } from '../config/load-config.js';
import type { RegistryConfig } from '../config/registry-config.js';
import type { Environment, ReadFile } from '../config/source/secret-reference.js';
import type { ServeOptions } from '../serve.js';
import { adminClient, type AdminRequest } from './admin-client.js';
import { backup } from './backup.js';
import { explainConfig } from './check.js';
import type { AdoptionCommand } from './adoption-command.js';
import { collectGarbage } from './collect-garbage.js';
import { overviewOf } from './command-options.js';
import { familyOf, usageOf } from './command-usages.js';
import { parseCommandLine, type Command } from './command-line.js';
import { deleteRepository, type Output } from './delete-repository.js';
import { EXIT_CODE } from './exit-code.js';
import { commandHelp } from './command-help.js';
import { HELP } from './help.js';
import { interruptiblePause } from './interruptible-pause.js';
import { operate } from './operate.js';
import type { RestoreCommand } from './restore-command.js';
import { VERSION_LINE } from './version.js';

/** A run of the program: what it was called with, and what it acts upon. */
export interface Run {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Serves until told to stop; resolves with the exit code. */
  readonly serve: (config: RegistryConfig, options: ServeOptions) => Promise<number>;
  /** Does some work by the admin API of the server that has this configuration, or of one for this work alone. */
  readonly administer: (
    config: RegistryConfig,
    work: (request: AdminRequest) => Promise<number>,
  ) => Promise<number>;
  /** Works on the files of a registry that does not run. Resolves with the exit code. */
  readonly adopt: (
    config: RegistryConfig,
    command: AdoptionCommand,
    output: Output & { readonly json: boolean },
  ) => Promise<number>;
  /** Puts a backup in the place of the database of a registry that does not run. Resolves with the exit code. */
  readonly restore: (
    config: RegistryConfig,
    command: RestoreCommand,
    output: Output & { readonly json: boolean },
  ) => Promise<number>;
  /** The admin API of the server that has this configuration, and of no other. */
  readonly ask?: (config: RegistryConfig) => AdminRequest;
  readonly readFile?: ReadFile;
  readonly stdout?: (text: string) => void;
  readonly stderr?: (text: string) => void;
}

/** Does what the command line asks for. Resolves with the exit code; rejects only when `serve` does. */
export async function run({ argv, env, ...edges }: Run): Promise<number> {
  const { readFile = readTextFile, stdout = writeOut, stderr = writeError } = edges;
  const command = parseCommandLine(argv, env);
  switch (command.kind) {
    case 'help':
      return help(command.words, { stdout, stderr });
    case 'version':
      stdout(VERSION_LINE);
      return EXIT_CODE.ok;
    case 'usage-error':
      stderr(`herald: ${command.message}\nTry: herald ${helpOn(argv)}--help\n`);
      return EXIT_CODE.usage;
    default: {
      const loaded = load(command.configPath, env, readFile);
      if (loaded instanceof ConfigError) {
        stderr(`herald: ${loaded.message}\n`);
        return EXIT_CODE.configInvalid;
      }
      const read = () => loadConfig({ path: command.configPath, environment: env, readFile });
      return runWith(loaded, command, { ...edges, stdout, stderr, read });
    }
  }
}

/** Commands that need a configuration. */
type ConfiguredCommand = Extract<Command, { readonly configPath: string | undefined }>;

async function runWith(
  loaded: LoadedConfig,
  command: ConfiguredCommand,
  {
    serve,
    administer,
    adopt,
    restore,
    ask = adminClient,
    read,
    ...output
  }: Omit<Run, 'argv' | 'env'> & Output & { read: () => LoadedConfig },
): Promise<number> {
  const { config } = loaded;
  switch (command.kind) {
    case 'serve': {
      const { ignoreExisting } = command;
      return serve(config, { ignoreExisting, reloadable: { started: loaded, read } });
    }
    case 'operate':
      return operate(command.command, {
        request: ask(config),
        output,
        json: command.json,
        pause: 'follow' in command.command ? interruptiblePause(LOOK_EVERY_MS, process) : pause,
      });
    case 'delete-repository':
      return administer(config, (request) => deleteRepository(request, command.name, output));
    case 'backup':
      return administer(config, (request) =>
        backup(command.command, { request, output, json: command.json, pause }),
      );
    case 'collect':
      return administer(config, (request) =>
        collectGarbage(command.command, { request, output, json: command.json, pause }),
      );
    case 'restore':
      return restore(config, command.command, { ...output, json: command.json });
    case 'adopt':
      return adopt(config, command.command, { ...output, json: command.json });
    default:
      output.stdout(explainConfig(loaded));
      return EXIT_CODE.ok;
  }
}

function help(words: readonly string[], { stdout, stderr }: Output): number {
  const text = words.length === 0 ? HELP : commandHelp(words);
  if (text !== undefined) {
    stdout(text);
    return EXIT_CODE.ok;
  }
  stderr(`herald: there is no command ${words[0]}\nTry: herald --help\n`);
  return EXIT_CODE.usage;
}

/** The command whose help says more. */
function helpOn(argv: readonly string[]): string {
  const { words } = overviewOf(argv);
  const name = usageOf(words)?.name ?? familyOf(words[0] ?? '')[0]?.name.split(' ')[0];
  return name === undefined ? '' : `${name} `;
}

function load(
  path: string | undefined,
  environment: Environment,
  readFile: ReadFile,
): LoadedConfig | ConfigError {
  try {
    return loadConfig({ path, environment, readFile });
  } catch (error) {
    if (error instanceof ConfigError) {
      return error;
    }
    throw error;
  }
}

/** ms between two looks at the log. */
const LOOK_EVERY_MS = 500;

async function pause(): Promise<boolean> {
  await delay(LOOK_EVERY_MS);
  return true;
}

function readTextFile(path: string): string {
  return readFileSync(path, 'utf8');
}

function writeOut(text: string): void {
  process.stdout.write(text);
}

function writeError(text: string): void {
  process.stderr.write(text);
}
