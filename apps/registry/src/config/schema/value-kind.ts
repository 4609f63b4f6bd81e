import type { ConfigPath } from '../source/config-path.js';
import { isMapping } from '../source/config-tree.js';

/** How a value differs from what its key expects. Says kinds and rules, never the value: it may be a secret in the wrong place. */
export interface Mismatch {
  readonly expected: string;
  readonly found: string;
}

/** A single value: a text, a number, a flag. */
export interface ScalarKind {
  readonly shape: 'scalar';
  /** Whether a number in the file is taken as the text it is written in. */
  readonly numbersAsText: boolean;
  /** How it is hidden wherever the configuration is shown. What is hidden may also be a reference: `file:/path`, `env:NAME`. */
  readonly secret: 'no' | 'whole' | 'url';
  /** Values of what is hidden as a URL that are none, and are shown. */
  readonly words?: readonly string[];
  /** Whether `file:/path` stays what it is, for a file that is read again when it changes. */
  readonly keepsFiles?: boolean;
  /** Brings the ways to write a value into one, before it is checked. */
  readonly settle?: (value: unknown) => unknown;
  readonly check: (value: unknown) => Mismatch | undefined;
}

/** A list of single values. */
export interface ListKind {
  readonly shape: 'list';
  readonly of: ScalarKind;
  readonly expected: string;
}

/** A mapping whose keys are free: names of headers, fields of the log. */
export interface MapKind {
  readonly shape: 'map';
  readonly of: ScalarKind | ListKind;
  readonly expected: string;
  /** What stands in a key where the name of an environment variable has an underscore. */
  readonly underscore: '-' | '_';
  /** What a key has to be; undefined for a good one. */
  readonly checkKey: (key: string) => string | undefined;
}

export type ValueKind = ScalarKind | ListKind | MapKind;

export interface PlacedMismatch extends Mismatch {
  /** Relative to the value that was checked. */
  readonly at: ConfigPath;
}

/** Everything that is wrong with a value, each with its place. An absent value is right: it means the default. */
export function mismatchesOf(kind: ValueKind, value: unknown): PlacedMismatch[] {
  if (value === undefined) {
    return [];
  }
  if (kind.shape === 'scalar') {
    const mismatch = kind.check(value);
    return mismatch ? [{ at: [], ...mismatch }] : [];
  }
  if (kind.shape === 'list' ? !Array.isArray(value) : !isMapping(value)) {
    return [{ at: [], expected: kind.expected, found: kindOf(value) }];
  }
  return Object.entries(value as object).flatMap(([key, item]) => mismatchesOfItem(kind, key, item));
}

/** The same, as seen from further above. */
export function placedBelow(path: ConfigPath, mismatches: readonly PlacedMismatch[]): PlacedMismatch[] {
  return mismatches.map(({ at, expected, found }) => ({ at: [...path, ...at], expected, found }));
}

/** What sort of thing a value is, in words that give nothing of it away. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  const names: Readonly<Record<string, string>> = {
    boolean: 'true or false',
    number: 'a number',
    string: 'text',
  };
  return value === '' ? 'empty text' : (names[typeof value] ?? 'a mapping');
}

function mismatchesOfItem(kind: ListKind | MapKind, key: string, item: unknown): PlacedMismatch[] {
  const step = kind.shape === 'list' ? Number(key) : key;
  const expected = kind.shape === 'map' ? kind.checkKey(key) : undefined;
  if (expected !== undefined) {
    return [{ at: [key], expected, found: 'another name' }];
  }
  return placedBelow([step], mismatchesOf(kind.of, item ?? null));
}
