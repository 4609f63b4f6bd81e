import { isDeepStrictEqual } from 'node:util';
import { isWebhook } from '../endpoint-types.js';
import type { EndpointOptions, NotificationsOptions } from '../notifications.options.js';

/** What of the options can be changed while the application runs. */
export type EndpointsConfiguration = Pick<NotificationsOptions, 'endpoints' | 'addresses'>;

/** An endpoint that goes on under other settings. */
export interface ChangedEndpoint {
  readonly name: string;
  /** Events that waited for it and that its filter lets through no more; absent where the filter is the same. */
  readonly released?: number;
  /** Events that it had not come to, which its filter lets through now. */
  readonly gained?: number;
}

/** What became of the endpoints, by their names. */
export interface Reconfiguration {
  /** New: they begin where they say. */
  readonly added: readonly string[];
  /** Configured again: they go on where they stood. */
  readonly resumed: readonly string[];
  readonly changed: readonly ChangedEndpoint[];
  /** Configured no more: what they have not got is kept for a while. */
  readonly detached: readonly string[];
  /** Nothing is kept for them. */
  readonly disabled: readonly string[];
  readonly unchanged: readonly string[];
}

/** What is to be done with each endpoint. `opened` are those that are not running. */
export interface ReconfigurationPlan {
  readonly opened: readonly string[];
  readonly changed: readonly string[];
  readonly detached: readonly string[];
  /** Disabled although they were not. */
  readonly disabled: readonly string[];
  readonly unchanged: readonly string[];
}

/** Compares two configurations. An endpoint is its name; of what is equal nothing is touched. */
export function planOf(before: EndpointsConfiguration, after: EndpointsConfiguration): ReconfigurationPlan {
  const running = byName(before.endpoints.filter(isEnabled));
  const wasDisabled = byName(before.endpoints.filter((endpoint) => !isEnabled(endpoint)));
  const enabled = byName(after.endpoints.filter(isEnabled));
  const disabled = after.endpoints.filter((endpoint) => !isEnabled(endpoint)).map(({ name }) => name);
  const sameAddresses = isDeepStrictEqual(before.addresses, after.addresses);
  const isSame = (name: string, endpoint: EndpointOptions): boolean =>
    isDeepStrictEqual(lasting(running.get(name)), lasting(endpoint)) &&
    (sameAddresses || !isWebhook(endpoint));
  const kept = [...enabled].filter(([name]) => running.has(name));
  return {
    opened: [...enabled.keys()].filter((name) => !running.has(name)),
    changed: kept.filter(([name, endpoint]) => !isSame(name, endpoint)).map(([name]) => name),
    detached: [...running.keys()].filter((name) => !enabled.has(name) && !disabled.includes(name)),
    disabled: disabled.filter((name) => !wasDisabled.has(name)),
    unchanged: kept.filter(([name, endpoint]) => isSame(name, endpoint)).map(([name]) => name),
  };
}

/** Where an endpoint begins is past for one that runs. */
function lasting(endpoint: EndpointOptions | undefined): object | undefined {
  if (endpoint === undefined) return undefined;
  const { from: _past, ...options } = endpoint;
  return options;
}

function isEnabled({ disabled }: EndpointOptions): boolean {
  return disabled !== true;
}

function byName(endpoints: readonly EndpointOptions[]): ReadonlyMap<string, EndpointOptions> {
  return new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
}
