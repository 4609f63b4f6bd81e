import { type KeySchema, keysOf, type SectionClass } from '../schema/section-schema.js';
import type { MapKind, ValueKind } from '../schema/value-kind.js';
import type { ConfigPath } from './config-path.js';
import { isMapping, valueAt } from './config-tree.js';

/** What the name of an environment variable means: a place in the file (of a single value or of more), or nothing. */
export type OverrideTarget =
  | { readonly means: 'value' | 'structure'; readonly path: ConfigPath }
  | { readonly means: 'gap'; readonly list: ConfigPath; readonly length: number }
  | { readonly means: 'nothing' };

const NOTHING: OverrideTarget = { means: 'nothing' };

/** What Kubernetes sets in every pod for a Service in its namespace, behind the name of the Service. */
const OF_KUBERNETES =
  /(?:^|_)(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/i;

/** Whether Kubernetes makes such names (`REGISTRY_PORT_5000_TCP_ADDR`). No key of the file reads like one. */
export function isOfKubernetes(variable: string): boolean {
  return OF_KUBERNETES.test(variable);
}

/**
 * Finds the place that a variable's name means: `NOTIFICATIONS_ENDPOINTS_0_URL` is `notifications.endpoints[0].url`.
 *
 * Names of keys are the file's or Distribution's own of the field, without regard to case. An index may be at most the length of the list
 * as it stands: then it appends.
 *
 * @param name what follows `REGISTRY_`
 */
export function findOverrideTarget(name: string, root: SectionClass, tree: unknown): OverrideTarget {
  return inSection(name.split('_'), root, [], tree);
}

function inSection(
  names: readonly string[],
  section: SectionClass,
  path: ConfigPath,
  tree: unknown,
): OverrideTarget {
  const [name, ...rest] = names;
  if (name === undefined) {
    return { means: 'structure', path };
  }
  for (const [key, schema] of keysOf(section)) {
    if (isSame(name, key) || (schema.goName !== undefined && isSame(name, schema.goName))) {
      return behindKey(rest, schema, [...path, key], tree);
    }
  }
  return NOTHING;
}

function behindKey(
  names: readonly string[],
  schema: KeySchema,
  path: ConfigPath,
  tree: unknown,
): OverrideTarget {
  switch (schema.holds) {
    case 'section':
      return schema.orList && isIndex(names[0] ?? '')
        ? inList(names, path, tree, (rest, item) => inSection(rest, schema.section(), item, tree))
        : inSection(names, schema.section(), path, tree);
    case 'sections':
      return inList(names, path, tree, (rest, item) => inSection(rest, schema.section(), item, tree));
    case 'refused':
      return isRefusedKey(names, schema.keys)
        ? { means: 'value', path: [...path, ...names.map(lower)] }
        : NOTHING;
    default:
      return inValue(names, schema.kind, path, tree);
  }
}

function inValue(names: readonly string[], kind: ValueKind, path: ConfigPath, tree: unknown): OverrideTarget {
  if (names.length === 0) {
    return placeOf(kind, path);
  }
  if (kind.shape === 'map') {
    return inMap(names, kind, path, tree);
  }
  return kind.shape === 'list' ? inList(names, path, tree, exactly) : NOTHING;
}

function inMap(names: readonly string[], kind: MapKind, path: ConfigPath, tree: unknown): OverrideTarget {
  const index = names.at(-1) ?? '';
  if (kind.of.shape === 'list' && names.length > 1 && isIndex(index)) {
    return inList([index], [...path, keyOfMap(names.slice(0, -1), kind, path, tree)], tree, exactly);
  }
  return placeOf(kind.of, [...path, keyOfMap(names, kind, path, tree)]);
}

function inList(
  [index = '', ...rest]: readonly string[],
  list: ConfigPath,
  tree: unknown,
  behindItem: (rest: readonly string[], item: ConfigPath) => OverrideTarget,
): OverrideTarget {
  if (index === '') {
    return { means: 'structure', path: list };
  }
  if (!isIndex(index)) {
    return NOTHING;
  }
  const present = valueAt(tree, list);
  const length = Array.isArray(present) ? present.length : 0;
  return Number(index) > length ? { means: 'gap', list, length } : behindItem(rest, [...list, Number(index)]);
}

function exactly(rest: readonly string[], path: ConfigPath): OverrideTarget {
  return rest.length === 0 ? { means: 'value', path } : NOTHING;
}

function placeOf(kind: ValueKind, path: ConfigPath): OverrideTarget {
  return { means: kind.shape === 'scalar' ? 'value' : 'structure', path };
}

/** The key that is there already, whatever its case; else a new one in lower case, as Distribution makes it. */
function keyOfMap(names: readonly string[], kind: MapKind, path: ConfigPath, tree: unknown): string {
  const key = names.join(kind.underscore).toLowerCase();
  const present = valueAt(tree, path);
  const comparable = (other: string): string => other.toLowerCase().replaceAll('_', kind.underscore);
  return Object.keys(isMapping(present) ? present : {}).find((other) => comparable(other) === key) ?? key;
}

function isRefusedKey([name]: readonly string[], keys: readonly string[] | undefined): boolean {
  return name === undefined || keys === undefined || keys.some((key) => isSame(key, name));
}

function isIndex(name: string): boolean {
  return /^\d{1,4}$/.test(name);
}

function isSame(name: string, key: string): boolean {
  return name.toLowerCase() === key.toLowerCase();
}

function lower(name: string): string {
  return name.toLowerCase();
}
