import 'reflect-metadata';
import { run } from './cli/run.js';

/** Runs the command that the process was called with. Resolves with its exit code. */
export function bootstrap(): Promise<number> {
  return run({
    argv: process.argv.slice(2),
    env: process.env,
    // Loaded when needed: a command that asks a running server has no use for a server of its own.
    serve: async (...given) => (await import('./serve.js')).serve(...given),
    administer: async (...given) => (await import('./administer.js')).administer(...given),
    adopt: async (...given) => (await import('./adopt.js')).adopt(...given),
    restore: async (...given) => (await import('./restore.js')).restore(...given),
  });
}
