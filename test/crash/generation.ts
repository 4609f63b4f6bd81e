import type { RegistrySettings } from '../support/registry-process.js';
import type { Random } from './random.js';

/** What an operator does while clients work. */
export type Duty = 'collect' | 'replay' | 'back-up' | 'reload';

/** One run of the registry, from its start to its end. */
export interface Generation {
  readonly duties: readonly Duty[];
  /** Whether collection also takes manifests without a tag. */
  readonly untagged: 'keep' | 'collect';
  /** Most events of an envelope. */
  readonly maxEvents: number;
  /** Where it kills itself: see crash-points.ts. */
  readonly crashPoint?: string;
}

/** The endpoint's name. */
export const ENDPOINT = 'receiver';

/**
 * How long nothing is collected that somebody was told of, in ms. It is counted anew after each crash, from the start on, so it is shorter
 * than most runs; and longer than most images take to push, so that what is pushed is seldom collected before its manifest comes.
 */
export const GRACE_MS = 150;

/** Says to the receiver which settings it is sent something with. */
export const SETTINGS_HEADER = 'x-settings';

const MAX_EVENTS = 100;
const SINGLE = 1;

const ODDS: Readonly<Record<Duty, number>> = { collect: 0.65, replay: 0.35, 'back-up': 0.25, reload: 0.35 };
const DUTIES = Object.keys(ODDS) as readonly Duty[];

/** A registry that nobody but its clients asks for anything. */
export const QUIET: Generation = { duties: [], untagged: 'keep', maxEvents: MAX_EVENTS };

/** One collection after the other, of whatever can be collected. */
export const COLLECTING: Generation = { ...QUIET, duties: ['collect'], untagged: 'collect' };

/** Events are sent again, and a backup is made. */
export const COPYING: Generation = { ...QUIET, duties: ['replay', 'back-up'] };

export function anyGeneration(random: Random): Generation {
  return {
    duties: DUTIES.filter((duty) => random.chance(ODDS[duty])),
    untagged: random.chance(0.4) ? 'collect' : 'keep',
    maxEvents: random.chance(0.35) ? SINGLE : MAX_EVENTS,
  };
}

/** What an operator makes of a generation's endpoint while it runs. */
export function changed(generation: Generation): Generation {
  return { ...generation, maxEvents: generation.maxEvents === SINGLE ? MAX_EVENTS : SINGLE };
}

/** @param edition of the configuration */
export function settingsOf(
  { untagged, maxEvents }: Generation,
  url: string,
  edition: number,
): RegistrySettings {
  const endpoint = {
    name: ENDPOINT,
    url,
    timeout: '10s',
    backoff: '20ms',
    headers: { [SETTINGS_HEADER]: [String(edition)] },
    batch: { maxevents: maxEvents },
  };
  const grace = `${GRACE_MS}ms`;
  return {
    endpoints: [endpoint],
    log: { level: 'warn' },
    sections: { gc: { grace, untagged: untagged === 'keep' ? 'keep' : grace } },
  };
}
