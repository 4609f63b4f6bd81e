import { stringify } from 'yaml';

import { isWebhook } from '@herald/notifications';

import { describePlace } from '../config/config.error.js';
import type { LoadedConfig } from '../config/load-config.js';
import type { ConfigWarning, RegistryConfig } from '../config/registry-config.js';
import { destinationOf } from '../destination.js';

/**
 * Explains a good configuration: what is in effect in the shape of `config.yml`, with every secret redacted, and as comments around it
 * where it came from, where events go and what has no effect. The whole is YAML.
 */
export function explainConfig({ config, effective }: LoadedConfig): string {
  const { source, notifications, warnings } = config;
  // The format's version is a number in the file, and a text to whoever reads it.
  const yaml = stringify({ ...effective, version: Number(effective['version']) }, { lineWidth: 0 });
  return [
    comment(
      `${source ?? 'The built-in configuration'} is good. In effect, with REGISTRY_… variables and defaults:`,
    ),
    yaml,
    comment(
      notifications.endpoints.length === 0 ? 'No endpoints: events are sent nowhere.' : 'Events are sent to:',
    ),
    ...endpointLines(config).map(comment),
    comment(warnings.length === 0 ? 'No warnings.' : 'Warnings; none of them stops the start:'),
    ...warnings.map(warningLine).map(comment),
  ].join('');
}

function endpointLines({ notifications: { endpoints } }: RegistryConfig): string[] {
  return endpoints.map((endpoint) => {
    const { name, disabled, threshold, backoffMs } = endpoint;
    const { destination, format } = destinationOf(endpoint);
    const timeout = isWebhook(endpoint) ? `, timeout ${endpoint.timeoutMs} ms` : '';
    const state = disabled === true ? 'disabled, gets nothing' : `${format}${timeout}`;
    const patience =
      disabled === true
        ? ''
        : `, retries from ${backoffMs} ms, opens its breaker after ${threshold} failures`;
    return `  ${name}: ${destination} (${state}${patience})`;
  });
}

function warningLine(warning: ConfigWarning): string {
  return `  ${describePlace(warning)}: ${warning.message}`;
}

function comment(line: string): string {
  return `# ${line}\n`;
}
