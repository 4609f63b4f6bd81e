import type { ConfigWarning } from './registry-config.js';
import { keysOf, type SectionClass } from './schema/section-schema.js';
import type { ValidationConfig } from './sections/validation.config.js';
import { type ConfigPath, formatPath } from './source/config-path.js';
import { isMapping, valueAt } from './source/config-tree.js';
import { isOfKubernetes } from './source/override-target.js';

/** Where something was set. */
export type Locate = (path: ConfigPath) => { readonly line?: number; readonly variable?: string };

/** A warning for each key that is accepted and does nothing. */
export function warnOfKeysWithoutEffect(tree: unknown, root: SectionClass, locate: Locate): ConfigWarning[] {
  return keysWithoutEffect(tree, root, []).map(({ path, meaning }) => {
    const { line, variable } = locate(path);
    return { path: formatPath(path), line, variable, message: `accepted, without effect: ${meaning}` };
  });
}

/** A warning for variables that look like settings and are none; those that Kubernetes makes share one. */
export function warnOfUnmatchedVariables(variables: readonly string[]): ConfigWarning[] {
  const warnings = variables
    .filter((variable) => !isOfKubernetes(variable))
    .map((variable) => ({
      path: variable,
      variable,
      message: 'no setting has this name, so the variable is ignored',
    }));
  const ofKubernetes = variables.filter(isOfKubernetes).join(', ');
  const message = `ignored: Kubernetes sets such variables for Services of its own accord (enableServiceLinks: false in the pod stops it): ${ofKubernetes}`;
  return ofKubernetes === '' ? warnings : [...warnings, { path: 'REGISTRY_*', message }];
}

/** A warning when metrics are asked for and have no address to be served on. */
export function warnOfMetricsWithoutAddress(tree: unknown, locate: Locate): ConfigWarning[] {
  const path = ['http', 'debug', 'prometheus'];
  const isLost =
    (valueAt(tree, path) ?? null) !== null && (valueAt(tree, ['http', 'debug', 'addr']) ?? null) === null;
  const message = 'without effect: metrics are served on the debug address, and http.debug.addr is not set';
  return isLost ? [{ path: formatPath(path), ...locate(path), message }] : [];
}

/** What is not looked at any more, since nobody is told when a manifest is pushed. */
export function warnOfDisabledValidation(
  { disabled, manifests: { blobs } }: ValidationConfig,
  locate: Locate,
): ConfigWarning[] {
  const path = ['validation', 'disabled'];
  const message = `manifests are taken without the children of an index, and with layers at any URL; validation.manifests.blobs is ${blobs}, and holds`;
  return disabled ? [{ path: formatPath(path), ...locate(path), message }] : [];
}

function keysWithoutEffect(
  tree: unknown,
  section: SectionClass,
  path: ConfigPath,
): { path: ConfigPath; meaning: string }[] {
  if (!isMapping(tree)) {
    return [];
  }
  return [...keysOf(section)].flatMap(([key, schema]) => {
    const value = valueAt(tree, [key]) ?? null;
    if (value === null) {
      return [];
    }
    if (schema.noEffect !== undefined) {
      return [{ path: [...path, key], meaning: schema.noEffect }];
    }
    return schema.holds === 'section' ? keysWithoutEffect(value, schema.section(), [...path, key]) : [];
  });
}
