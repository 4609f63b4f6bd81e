import { pino, type DestinationStream, type Level, type Logger, type LoggerOptions } from 'pino';
import type { LogSettings } from '../config/registry-config.js';
import { textLines } from './text-lines.js';

/** Names of a line's own keys, as each of upstream's formatters has them. */
interface LineKeys {
  readonly time: string;
  readonly message: string;
  /** In every line, before anything else. */
  readonly fixed: Readonly<Record<string, string>>;
}

const PLAIN: LineKeys = { time: 'time', message: 'msg', fixed: {} };

const KEYS: Readonly<Record<LogSettings['formatter'], LineKeys>> = {
  text: PLAIN,
  json: PLAIN,
  logstash: { time: '@timestamp', message: 'message', fixed: { '@version': '1', type: 'log' } },
};

/**
 * A pino logger that writes lines of the configured form: JSON objects, Logstash's, or upstream's `key=value` text. Keys and names of
 * levels are upstream's (logrus), so that whatever reads its log reads this one.
 */
export function createPino(
  { formatter, fields }: LogSettings,
  level: Level,
  output: DestinationStream,
): Logger {
  const keys = KEYS[formatter];
  const options: LoggerOptions = {
    level,
    base: { ...keys.fixed, ...withoutClashes(fields, keys) },
    timestamp: () => `,"${keys.time}":"${new Date().toISOString()}"`,
    messageKey: keys.message,
    formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
  };
  return pino(options, formatter === 'text' ? textLines(output) : output);
}

/** A configured field that has the name of a line's own key gets a prefix, as upstream's formatters do it. */
function withoutClashes(
  fields: LogSettings['fields'],
  { time, message, fixed }: LineKeys,
): Record<string, string> {
  const taken = new Set([time, message, 'level', ...Object.keys(fixed)]);
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [taken.has(key) ? `fields.${key}` : key, value]),
  );
}
