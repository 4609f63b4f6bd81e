import { hostname } from 'node:os';
import { v7 } from 'uuid';
import type { EventSource } from '../event/registry-event.js';

/** How registry events are made. */
export interface RegistryNotificationsOptions {
  /** Lists in the envelope of manifest events what the manifest refers to. Default false. */
  readonly includeReferences?: boolean | undefined;
  /** `distribution`: pulls, deletes and references as Distribution 2.8 tells them, for receivers that count on it. Default `herald`. */
  readonly compatibility?: 'herald' | 'distribution' | undefined;
  /** The registry that events name as their source. Default: this host's name, and a UUID of this start. */
  readonly source?: EventSource | undefined;
}

/** The options with their defaults. */
export interface BridgeOptions {
  readonly includeReferences: boolean;
  readonly compatibility: 'herald' | 'distribution';
  readonly source: EventSource;
}

/** Token of {@link BridgeOptions}. */
export const BRIDGE_OPTIONS = Symbol('BRIDGE_OPTIONS');

export function bridgeOptions(options: RegistryNotificationsOptions): BridgeOptions {
  const { includeReferences = false, compatibility = 'herald', source = thisStart() } = options;
  return { includeReferences, compatibility, source };
}

function thisStart(): EventSource {
  return { addr: hostname(), instanceID: v7() };
}
