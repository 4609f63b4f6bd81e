import { checkEndpointFiles, checkEndpointTypes } from './check-endpoint-types.js';
import { checkFilters } from './check-filters.js';
import { checkTls } from './check-tls.js';
import { compileConfig, databasePath } from './compile-config.js';
import { ConfigError, type ConfigFault } from './config.error.js';
import {
  type Locate,
  warnOfDisabledValidation,
  warnOfKeysWithoutEffect,
  warnOfMetricsWithoutAddress,
  warnOfUnmatchedVariables,
} from './config-warnings.js';
import { checkAdminToken, checkEndpointNames, checkStorageDriver } from './cross-checks.js';
import { effectiveConfig } from './effective-config.js';
import type { RegistryConfig } from './registry-config.js';
import type { Mismatch } from './schema/value-kind.js';
import { RegistryFile } from './sections/registry-file.config.js';
import { type ConfigPath, formatPath, isWithin } from './source/config-path.js';
import { isMapping } from './source/config-tree.js';
import { applyEnvironment, expandStorageName, type Overridden } from './source/environment-overrides.js';
import { readSection } from './source/read-section.js';
import { type Environment, type ReadFile, reasonOf, SecretReferences } from './source/secret-reference.js';
import { readYaml } from './source/yaml-source.js';
import { validateSection } from './validate-section.js';

/** Where the configuration comes from. Nothing else in the program reads the environment for settings. */
export interface ConfigSource {
  /** Distribution's `config.yml`; undefined for the defaults that let one try Herald out. */
  readonly path: string | undefined;
  readonly environment: Environment;
  readonly readFile: ReadFile;
}

export interface LoadedConfig {
  readonly config: RegistryConfig;
  /** As it was read, with its secrets: to be compared, and shown to nobody. */
  readonly file: RegistryFile;
  /** The same in the shape of the file, to be shown: every secret is redacted. */
  readonly effective: Readonly<Record<string, unknown>>;
}

/** A file, read and not yet judged. */
interface ReadConfig {
  readonly tree: unknown;
  readonly lineOf: (path: ConfigPath) => number | undefined;
}

/** Without a file Herald serves this machine alone, and keeps its data where it was started. */
const WITHOUT_FILE: ReadConfig = {
  tree: {
    version: '0.1',
    storage: { filesystem: { rootdirectory: './data' } },
    http: { addr: '127.0.0.1:5000' },
  },
  lineOf: () => undefined,
};

/**
 * Reads the configuration: defaults, then the file, then `REGISTRY_…` variables. It is read at the start, and when somebody asks for a reload.
 *
 * @throws ConfigError with everything that is wrong, at once
 */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const { tree, lineOf } =
    source.path === undefined ? WITHOUT_FILE : readConfigFile(source.path, source.readFile);
  const overridden = applyEnvironment(tree, RegistryFile, source.environment);
  const locate = locator(overridden, lineOf);
  const references = new SecretReferences(source.environment, source.readFile);
  const { file, faults } = readRegistryFile(overridden, references, locate);
  if (faults.length > 0) {
    throw new ConfigError(source.path, faults);
  }
  file.database.path = databasePath(file);
  const unmatched = overridden.unmatched.filter((variable) => !references.usedVariables.has(variable));
  const warnings = [
    ...warnOfKeysWithoutEffect(overridden.tree, RegistryFile, locate),
    ...warnOfMetricsWithoutAddress(overridden.tree, locate),
    ...warnOfDisabledValidation(file.validation, locate),
    ...warnOfUnmatchedVariables(unmatched),
  ];
  return { config: compileConfig(file, source.path, warnings), file, effective: effectiveConfig(file) };
}

function readConfigFile(path: string, readFile: ReadFile): ReadConfig {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new ConfigError(path, [{ path: '', expected: 'a file that can be read', found: reasonOf(error) }]);
  }
  const reading = readYaml(text);
  if (!reading.ok) {
    const faults = reading.faults.map(({ line, ...mismatch }) => ({
      path: '',
      ...(line && { line }),
      ...mismatch,
    }));
    throw new ConfigError(path, faults);
  }
  const tree = reading.tree ?? {};
  if (!isMapping(tree)) {
    throw new ConfigError(path, [
      { path: '', expected: 'a mapping of keys, with version: 0.1', found: 'something else' },
    ]);
  }
  return { tree: expandStorageName(tree), lineOf: reading.lineOf };
}

/** Reads and judges the whole; one fault a path, since the first says what is wrong there. */
function readRegistryFile(
  { tree, faults: ofVariables }: Overridden,
  references: SecretReferences,
  locate: Locate,
): { file: RegistryFile; faults: readonly ConfigFault[] } {
  const faults = new Map<string, ConfigFault>();
  const report = (path: ConfigPath, { expected, found }: Mismatch): void => {
    const key = JSON.stringify(path);
    faults.set(key, faults.get(key) ?? { path: formatPath(path), ...locate(path), expected, found });
  };
  const file = readSection(RegistryFile, isMapping(tree) ? tree : {}, [], { references, report });
  validateSection(file, report);
  checkStorageDriver(tree, report);
  checkAdminToken(file, report);
  checkEndpointNames(file, report);
  checkEndpointTypes(file, tree, report);
  checkEndpointFiles(file, report);
  checkFilters(file, report);
  checkTls(file, references.readFile, report);
  return { file, faults: [...ofVariables, ...faults.values()] };
}

/** Finds what set a path: the variable nearest above it, else the line of the file. */
function locator({ origins }: Overridden, lineOf: ReadConfig['lineOf']): Locate {
  return (path) => {
    const [nearest] = origins
      .filter((origin) => isWithin(path, origin.path))
      .toSorted((one, other) => other.path.length - one.path.length);
    const line = nearest === undefined ? lineOf(path) : undefined;
    return { ...(nearest && { variable: nearest.variable }), ...(line !== undefined && { line }) };
  };
}
