import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ConfigError } from '../config/config.error.js';
import { loadConfig, type LoadedConfig } from '../config/load-config.js';
import type { RegistryConfig } from '../config/registry-config.js';
import type { Environment, ReadFile } from '../config/source/secret-reference.js';
import { adminClient, type AdminRequest } from './admin-client.js';
import { explainConfig } from './check.js';
import { parseCommandLine } from './command-line.js';
import { deleteRepository } from './delete-repository.js';
import { EXIT_CODE } from './exit-code.js';
import { HELP } from './help.js';
import { operate } from './operate.js';
import { VERSION_LINE } from './version.js';

/** A run of the program: what it was called with, and what it acts upon. */
export interface Run {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Serves until told to stop; resolves with the exit code. */
  readonly serve: (config: RegistryConfig, options: { readonly ignoreExisting: boolean }) => Promise<number>;
  /** Does some work by the admin API of the server that has this configuration, or of one for this work alone. */
  readonly administer: (
    config: RegistryConfig,
    work: (request: AdminRequest) => Promise<number>,
  ) => Promise<number>;
  /** The admin API of the server that has this configuration, and of no other. */
  readonly ask?: (config: RegistryConfig) => AdminRequest;
  readonly readFile?: ReadFile;
  readonly stdout?: (text: string) => void;
  readonly stderr?: (text: string) => void;
}

/** Does what the command line asks for. Resolves with the exit code; rejects only when `serve` does. */
export async function run({ argv, env, serve, administer, ...edges }: Run): Promise<number> {
  const { readFile = readTextFile, ask = adminClient, stdout = writeOut, stderr = writeError } = edges;
  const command = parseCommandLine(argv, env);
  switch (command.kind) {
    case 'help':
      stdout(HELP);
      return EXIT_CODE.ok;
    case 'version':
      stdout(VERSION_LINE);
      return EXIT_CODE.ok;
    case 'usage-error':
      stderr(`herald: ${command.message}\nTry: herald --help\n`);
      return EXIT_CODE.usage;
    default: {
      const loaded = load(command.configPath, env, readFile);
      if (loaded instanceof ConfigError) {
        stderr(`herald: ${loaded.message}\n`);
        return EXIT_CODE.configInvalid;
      }
      if (command.kind === 'serve') {
        return serve(loaded.config, { ignoreExisting: command.ignoreExisting });
      }
      if (command.kind === 'operate') {
        const { json } = command;
        return operate(command.command, {
          request: ask(loaded.config),
          output: { stdout, stderr },
          json,
          pause,
        });
      }
      if (command.kind === 'delete-repository') {
        const { name } = command;
        return administer(loaded.config, (request) => deleteRepository(request, name, { stdout, stderr }));
      }
      stdout(explainConfig(loaded));
      return EXIT_CODE.ok;
    }
  }
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
