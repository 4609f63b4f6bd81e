import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { isWebhook, sharedFiles, typeFaults } from './endpoint-types.js';
import { FilterError } from './event/filter.error.js';
import { compileFilter } from './event/filter.js';
import { OptionsShape } from './options/option-shapes.js';
import { addressFaults, signingFaults, tlsFaults, type TrustFault } from './trust-faults.js';
import { NotificationsError } from './notifications.error.js';
import type { EndpointOptions, NotificationsOptions, WebhookOptions } from './notifications.options.js';

/**
 * The options, when they are what they should be.
 *
 * @throws NotificationsError `OPTIONS_INVALID` with every fault by its path, and never a value
 */
export function checkedOptions(options: NotificationsOptions): NotificationsOptions {
  const shape = plainToInstance(OptionsShape, options);
  const errors = validateSync(shape, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  const faults = errors.flatMap((error) => faultsOf(error, ''));
  const all = faults.length > 0 ? faults : compilationFaults(options);
  if (all.length === 0) return options;
  throw new NotificationsError(
    'OPTIONS_INVALID',
    `the notification options are invalid:\n- ${all.join('\n- ')}`,
  );
}

function faultsOf({ property, constraints, children }: ValidationError, parent: string): readonly string[] {
  const index = /^\d+$/.test(property);
  const path = index ? `${parent}[${property}]` : parent === '' ? property : `${parent}.${property}`;
  const own = Object.values(constraints ?? {}).map((message) => `${path}: ${message}`);
  return [...own, ...(children ?? []).flatMap((child) => faultsOf(child, path))];
}

function told(place: string, faults: readonly TrustFault[]): readonly string[] {
  return faults.map(({ path, reason }) => `${place}${path}: ${reason}`);
}

function trustFaults({ signing, addresses, tls }: WebhookOptions, place: string): readonly string[] {
  return [
    ...told(`${place}signing.`, signingFaults(signing)),
    ...told(`${place}addresses.`, addressFaults(addresses)),
    ...told(`${place}tls.`, tlsFaults(tls)),
  ];
}

/** What only shows when it is compiled. */
function compilationFaults({ endpoints, addresses }: NotificationsOptions): readonly string[] {
  const ofEndpoints = endpoints.flatMap((endpoint, index) => [
    ...filterFaults(endpoint, index),
    ...told(`endpoints[${index}].`, typeFaults(endpoint)),
    ...(isWebhook(endpoint) ? trustFaults(endpoint, `endpoints[${index}].`) : []),
  ]);
  const shared = sharedFiles(endpoints).map(
    (index) => `endpoints[${index}].path: another endpoint writes to this file`,
  );
  return [...told('addresses.', addressFaults(addresses)), ...ofEndpoints, ...shared];
}

function filterFaults(endpoint: EndpointOptions, index: number): readonly string[] {
  try {
    compileFilter(endpoint);
    return [];
  } catch (error) {
    if (error instanceof FilterError) return [`endpoints[${index}].${error.path}: ${error.reason}`];
    throw error;
  }
}
