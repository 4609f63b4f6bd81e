import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { RegistryConfig } from '../config/registry-config.js';
import { textLines } from './text-lines.js';

type LogSettings = RegistryConfig['log'];

/** What Nest tells of its own start: a line for each module and route, of use to nobody who runs the program. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/**
 * What Nest and the libraries log by, written by pino: one JSON object a line, or upstream's `key=value` text. Messages are the
 * program's own words: no payload, header or URL of an endpoint ever comes here.
 */
export class RegistryLogger implements LoggerService {
  readonly pino: Logger;

  constructor(settings: LogSettings, output: DestinationStream = process.stdout) {
    this.pino = pino(
      {
        level: settings.level,
        base: { ...settings.fields },
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        messageKey: 'msg',
        formatters: { level: (label) => ({ level: label }) },
      },
      settings.formatter === 'text' ? textLines(output) : output,
    );
  }

  log(message: unknown, ...context: unknown[]): void {
    const fields = fieldsOf(context);
    const level = FRAMEWORK.has(fields.component ?? '') ? 'debug' : 'info';
    this.pino[level](fields, String(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.pino.error(fieldsOf(context), String(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.pino.fatal(fieldsOf(context), String(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.pino.warn(fieldsOf(context), String(message));
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.pino.debug(fieldsOf(context), String(message));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.pino.trace(fieldsOf(context), String(message));
  }
}

/** Nest hands the class that logs as the last argument, and a stack before it. */
function fieldsOf(context: readonly unknown[]): { component?: string; stack?: string } {
  const texts = context.filter((entry) => typeof entry === 'string');
  const component = texts.at(-1);
  const stack = texts.find((text) => text.includes('\n    at '));
  return {
    ...(component !== undefined && component !== stack && { component }),
    ...(stack !== undefined && { stack }),
  };
}
