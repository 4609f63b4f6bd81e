import { stringify } from 'yaml';

import { isWebhook, type EndpointOptions } from '@herald/notifications';

import { describePlace } from '../config/config.error.js';
import type { LoadedConfig } from '../config/load-config.js';
import type { ConfigWarning, RegistryConfig } from '../config/registry-config.js';
import { destinationOf } from '../destination.js';
import { endpointsOf, mostTogether } from '../notifications-compatibility.js';

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

/** What the file leaves open, and what `notifications.compatibility` makes of an endpoint, is said here. */
function endpointLines({ notifications }: RegistryConfig): string[] {
  return endpointsOf(notifications).map((endpoint) => {
    const { destination, format } = destinationOf(endpoint);
    const about = endpoint.disabled === true ? ['disabled', 'gets nothing'] : [format, ...delivery(endpoint)];
    return `  ${endpoint.name}: ${destination} (${about.join(', ')})`;
  });
}

function delivery(endpoint: EndpointOptions): string[] {
  const { ordering = 'lane', schedule = 'standard', backoffMs, threshold } = endpoint;
  const most = mostTogether(endpoint);
  const waits =
    typeof schedule === 'string' ? `${schedule} from ${backoffMs} ms` : `${schedule.join(', ')} ms`;
  return [
    ...(isWebhook(endpoint) ? [`timeout ${endpoint.timeoutMs} ms`] : []),
    most === 1 ? '1 event at a time' : `up to ${most} events a request`,
    `ordering ${ordering}`,
    `schedule ${waits}`,
    `breaker opens after ${threshold} failures`,
  ];
}

function warningLine(warning: ConfigWarning): string {
  return `  ${describePlace(warning)}: ${warning.message}`;
}

function comment(line: string): string {
  return `# ${line}\n`;
}
