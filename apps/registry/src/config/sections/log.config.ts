import { flag, logFields, oneOf } from '../schema/kinds.js';
import { Key, Refused, Section } from '../schema/section-schema.js';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export const LOG_FORMATTERS = ['text', 'json', 'logstash'] as const;

export class AccessLogConfig {
  @Key(flag())
  disabled = false;
}

/** `log`: what is written to the standard output. */
export class LogConfig {
  @Key(oneOf(LOG_LEVELS))
  level: (typeof LOG_LEVELS)[number] = 'info';

  @Key(oneOf(LOG_FORMATTERS))
  formatter: (typeof LOG_FORMATTERS)[number] = 'text';

  @Key(logFields())
  fields: Record<string, string> = {};

  @Section(() => AccessLogConfig)
  accesslog = new AccessLogConfig();

  @Refused(
    'Herald sends no mail for log lines, so an alarm set up here would stay silent; let what collects the log raise it',
  )
  hooks?: unknown;

  @Refused('the lines of the log name no source line; remove it', { keys: [] })
  reportcaller?: unknown;
}
