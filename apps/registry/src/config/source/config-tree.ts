import type { ConfigPath } from './config-path.js';

/** A number or flag of the file with the characters it was written in: a secret of digits must not lose its leading zero. */
export class SourcedScalar {
  constructor(
    readonly value: number | boolean,
    readonly source: string,
  ) {}
}

/** A mapping of the file. */
export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourcedScalar)
  );
}

/** The value without the note of how it was written. */
export function plainValue(value: unknown): unknown {
  return value instanceof SourcedScalar ? value.value : value;
}

/** What stands at a path; undefined when nothing does. Only own keys count. */
export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const step of path) {
    const container: object | undefined = Array.isArray(value) || isMapping(value) ? value : undefined;
    value = container && Object.hasOwn(container, step) ? Reflect.get(container, step) : undefined;
  }
  return value;
}

/**
 * The tree with another value at a path; the tree itself is left alone, since anchors let one mapping stand in several places.
 *
 * Absent and empty containers on the way are created. Undefined when something else stands in the way.
 */
export function withValueAt(tree: unknown, path: ConfigPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return value;
  }
  const container = tree ?? (typeof step === 'number' ? [] : {});
  if (typeof step === 'number' ? !Array.isArray(container) : !isMapping(container)) {
    return undefined;
  }
  const child = withValueAt(valueAt(container, [step]), rest, value);
  if (child === undefined) {
    return undefined;
  }
  if (Array.isArray(container)) {
    return Object.assign([...(container as unknown[])], { [step]: child });
  }
  return Object.defineProperty({ ...(container as Mapping) }, step, {
    value: child,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** Whether nothing is configured: absent, empty, off, or a mapping or list of nothing but that. */
export function isEmptySetting(setting: unknown): boolean {
  const value = plainValue(setting);
  if (Array.isArray(value)) {
    return value.every(isEmptySetting);
  }
  return isMapping(value)
    ? Object.values(value).every(isEmptySetting)
    : value === undefined || value === null || value === '' || value === false;
}
