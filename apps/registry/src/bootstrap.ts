import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { loadConfig } from './config/load-config.js';
import { serve } from './serve.js';
export function bootstrap(): Promise<number> {
  const { config } = loadConfig({
    path: process.argv[3],
    environment: process.env,
    readFile: (p: string) => readFileSync(p, 'utf8'),
  });
  return serve(config, { ignoreExisting: process.argv.includes('--ignore-existing') });
}
