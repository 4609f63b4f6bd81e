import type { ConfigFault } from '../config.error.js';
import type { SectionClass } from '../schema/section-schema.js';
import { type ConfigPath, formatPath } from './config-path.js';
import { valueAt, withValueAt } from './config-tree.js';
import { findOverrideTarget, isOfKubernetes } from './override-target.js';
import type { Environment } from './secret-reference.js';
import { readYaml } from './yaml-source.js';

/** The file with the variables laid over it. */
export interface Overridden {
  readonly tree: unknown;
  /** What each variable set, in the order of their application. */
  readonly origins: readonly { readonly path: ConfigPath; readonly variable: string }[];
  readonly faults: readonly ConfigFault[];
  /** Variables that mean nothing here. */
  readonly unmatched: readonly string[];
}

const PREFIX = 'REGISTRY_';

/** Names the file and is no setting in it. */
const PATH_OF_FILE = 'REGISTRY_CONFIGURATION_PATH';

/**
 * Lays the `REGISTRY_…` variables over the file, in lexical order of their names (indexes of lists by number), so that a whole section
 * comes before its parts. Values are YAML. A variable that means nothing here changes nothing: Kubernetes sets such in every pod.
 */
export function applyEnvironment(file: unknown, root: SectionClass, environment: Environment): Overridden {
  let overridden: Overridden = { tree: file, origins: [], faults: [], unmatched: [] };
  for (const variable of Object.keys(environment).toSorted(byName)) {
    const value = environment[variable];
    const isOurs = variable.toUpperCase().startsWith(PREFIX) && variable.toUpperCase() !== PATH_OF_FILE;
    if (isOurs && value !== undefined) {
      overridden = applyVariable(overridden, root, variable, value);
    }
  }
  return overridden;
}

function applyVariable(before: Overridden, root: SectionClass, variable: string, text: string): Overridden {
  const target = isOfKubernetes(variable)
    ? ({ means: 'nothing' } as const)
    : findOverrideTarget(variable.slice(PREFIX.length), root, before.tree);
  // The version says how to read all the rest: it is the file's own, as in Distribution.
  if (target.means === 'nothing' || ('path' in target && target.path[0] === 'version')) {
    return { ...before, unmatched: [...before.unmatched, variable] };
  }
  if (target.means === 'gap') {
    const expected = `an index of at most ${target.length}`;
    const fault = { path: formatPath(target.list), variable, expected, found: 'a larger one' };
    return { ...before, faults: [...before.faults, fault] };
  }
  const reading = readYaml(text);
  if (reading.ok) {
    return setValue(before, target.path, variable, reading.tree ?? null);
  }
  // `[::1]:5000` and `{secret` are not YAML, and cannot mean anything else where one value is wanted.
  if (target.means === 'value') {
    return setValue(before, target.path, variable, text);
  }
  const path = formatPath(target.path);
  const faults = reading.faults.map(({ expected, found }) => ({ path, variable, expected, found }));
  return { ...before, faults: [...before.faults, ...faults] };
}

function setValue(before: Overridden, path: ConfigPath, variable: string, value: unknown): Overridden {
  const tree = expandStorageName(withValueAt(before.tree, path, value));
  // Undefined: the file has something else where the variable needs a section. That is a fault of the file, and told as one.
  if (tree === undefined) {
    return before;
  }
  const origins = [...before.origins, ...createdContainers(before.tree, path, variable), { path, variable }];
  return { ...before, tree, origins };
}

/** Distribution takes the name of a driver alone for that driver without parameters: `storage: filesystem`. */
export function expandStorageName(tree: unknown): unknown {
  const storage = valueAt(tree, ['storage']);
  const isName = typeof storage === 'string' && /^[\w.-]+$/.test(storage);
  return isName ? withValueAt(tree, ['storage'], { [storage]: {} }) : tree;
}

/** An item of a list that a variable began is its doing, with all that is missing in it. */
function createdContainers(
  tree: unknown,
  path: ConfigPath,
  variable: string,
): { path: ConfigPath; variable: string }[] {
  return path
    .map((_, length) => path.slice(0, length))
    .filter((parent) => parent.length > 0 && valueAt(tree, parent) === undefined)
    .map((parent) => ({ path: parent, variable }));
}

function byName(one: string, other: string): number {
  const others = other.toUpperCase().split('_');
  for (const [index, name] of one.toUpperCase().split('_').entries()) {
    const difference = compareNames(name, others[index]);
    if (difference !== 0) {
      return difference;
    }
  }
  return one.length - other.length || compareText(one, other);
}

function compareNames(name: string, other: string | undefined): number {
  if (other === undefined) {
    return 1;
  }
  return /^\d+$/.test(name) && /^\d+$/.test(other) ? Number(name) - Number(other) : compareText(name, other);
}

function compareText(one: string, other: string): number {
  if (one === other) {
    return 0;
  }
  return one < other ? -1 : 1;
}
