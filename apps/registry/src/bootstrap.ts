import 'reflect-metadata';
import { administer } from './administer.js';
import { adopt } from './adopt.js';
import { run } from './cli/run.js';
import { restore } from './restore.js';
import { serve } from './serve.js';

/** Runs the command that the process was called with. Resolves with its exit code. */
export function bootstrap(): Promise<number> {
  return run({ argv: process.argv.slice(2), env: process.env, serve, administer, adopt, restore });
}
