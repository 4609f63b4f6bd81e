import type { LoggerService } from '@nestjs/common';
import type { DestinationStream, Logger } from 'pino';
import type { LogSettings } from '../config/registry-config.js';
import { createPino } from './log-format.js';

/** What Nest tells of its own start: a line for each module and route, of use to nobody who runs the program. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/**
 * What Nest and the libraries log by. Messages are the program's own words, and so are the fields beside them (`endpoint`, `event`,
 * `request`): no payload, header or URL of an endpoint ever comes here.
 */
export class RegistryLogger implements LoggerService {
  readonly #pino: Logger;

  constructor(settings: LogSettings, output: DestinationStream = process.stdout) {
    this.#pino = createPino(settings, settings.level, output);
  }

  log(message: unknown, ...context: unknown[]): void {
    const fields = fieldsOf(context);
    const level = FRAMEWORK.has(fields.component ?? '') ? 'debug' : 'info';
    this.#pino[level](fields, String(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.#pino.error(fieldsOf(context), String(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.#pino.fatal(fieldsOf(context), String(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.#pino.warn(fieldsOf(context), String(message));
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.#pino.debug(fieldsOf(context), String(message));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.#pino.trace(fieldsOf(context), String(message));
  }
}

interface Fields {
  readonly component?: string;
  readonly stack?: string;
  readonly [field: string]: unknown;
}

/** Nest hands what follows the message: fields as objects, a stack, and last the name of the class that logs. */
function fieldsOf(context: readonly unknown[]): Fields {
  const texts = context.filter((entry) => typeof entry === 'string');
  const component = texts.at(-1);
  const stack = texts.find((text) => text.includes('\n    at '));
  const objects = context.filter((entry) => typeof entry === 'object' && entry !== null);
  return {
    ...(component !== undefined && component !== stack && { component }),
    ...(stack !== undefined && { stack }),
    ...(Object.assign({}, ...objects) as Readonly<Record<string, unknown>>),
  };
}
