import { resolve } from 'node:path';
import type { RegistryConfig } from './config/registry-config.js';
import { destinationOf } from './destination.js';
import type { RegistryLogger } from './logging/registry-logger.js';
import { endpointsOf, mostTogether } from './notifications-compatibility.js';
import type { BoundAddresses } from './running-registry.js';

/**
 * Tells an operator that the program is up, and what to type next: a text for people, or records where every line of the output is
 * to be one. Endpoints show as scheme and host.
 */
export function reportStart(
  config: RegistryConfig,
  addresses: BoundAddresses,
  logger: RegistryLogger,
  output: { write(text: string): unknown } = process.stdout,
): void {
  if (config.log.formatter === 'text') {
    output.write(startReport(config, addresses));
    return;
  }
  logger.log('Herald listens', startFields(config, addresses), 'Registry');
  for (const { path, message } of config.warnings) logger.warn(message, { path }, 'Configuration');
}

function startFields(config: RegistryConfig, addresses: BoundAddresses): Record<string, unknown> {
  return {
    addresses: { ...addresses, registry: addresses.registry + config.http.prefix },
    configuration: configurationOf(config),
    data: resolve(config.storage.rootDirectory),
    database: resolve(config.database.path),
    endpoints: destinations(config),
    maxEvents: mostOfAll(config.notifications),
  };
}

function startReport(config: RegistryConfig, { registry, debug, admin }: BoundAddresses): string {
  const host = new URL(registry).host;
  const lines = [
    `Herald listens on ${registry}${config.http.prefix}`,
    ...(debug === undefined ? [] : [`Debug address      ${debug}`]),
    ...(admin === undefined ? [] : [`Admin address      ${admin}`]),
    `Configuration      ${configurationOf(config)}`,
    `Data               ${resolve(config.storage.rootDirectory)}`,
    `Database           ${resolve(config.database.path)}`,
    ...endpointLines(config),
    ...envelopeLines(config),
    ...config.warnings.map((warning) => `Warning            ${warning.path}: ${warning.message}`),
    '',
    `Try: curl ${registry}/health`,
    `     skopeo copy --dest-tls-verify=false oci:./layout:1.0 docker://${host}/my/image:1.0`,
    `     docker push ${host}/my/image:1.0`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function configurationOf({ source }: RegistryConfig): string {
  return source ?? 'built-in defaults';
}

function endpointLines(config: RegistryConfig): string[] {
  const lines = destinations(config).map(
    ({ name, origin, format }) => `Delivers to        ${name} (${origin}, ${format})`,
  );
  return lines.length === 0 ? ['Endpoints          none: add them under notifications.endpoints'] : lines;
}

/** Upstream sends one event per request, and receivers that were written for it may read no more than the first. */
function envelopeLines({ notifications }: RegistryConfig): string[] {
  const most = mostOfAll(notifications);
  return most === 1
    ? []
    : [
        `Envelopes          up to ${most} events a request when several wait (batch.maxevents; upstream sends 1):`,
        '                   a receiver must read all of "events", or the rest is lost on it',
      ];
}

/** The most events that any endpoint gets in one request. */
function mostOfAll(notifications: RegistryConfig['notifications']): number {
  const active = endpointsOf(notifications).filter(({ disabled }) => disabled !== true);
  return Math.max(1, ...active.map(mostTogether));
}

/** What may be shown of the endpoints that are in use. */
function destinations({ notifications }: RegistryConfig): { name: string; origin: string; format: string }[] {
  const active = notifications.endpoints.filter((endpoint) => endpoint.disabled !== true);
  return active.map((endpoint) => {
    const { destination, format } = destinationOf(endpoint);
    return { name: endpoint.name, origin: destination, format };
  });
}
