/** One thing that is wrong with the configuration. It never holds a value: that may be a secret in the wrong place. */
export interface ConfigFault {
  /** Path in the file: `notifications.endpoints[0].url`. Empty for the file as a whole. */
  readonly path: string;
  /** Line in the file, from 1. */
  readonly line?: number;
  /** The environment variable that set it. */
  readonly variable?: string;
  readonly expected: string;
  /** What sort of thing stands there. */
  readonly found: string;
}

/** The configuration cannot be used. Carries all faults at once, by path; its message names each with what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  readonly faults: readonly ConfigFault[];

  /** @param source the file; undefined when there is none */
  constructor(
    readonly source: string | undefined,
    faults: readonly ConfigFault[],
  ) {
    const sorted = faults.toSorted((one, other) =>
      one.path.localeCompare(other.path, 'en', { numeric: true }),
    );
    const heading = `${source ?? 'The configuration'} cannot be used: ${sorted.length} ${sorted.length === 1 ? 'fault' : 'faults'}`;
    super([heading, ...sorted.map((fault) => `  ${describeFault(fault)}`)].join('\n'));
    this.faults = sorted;
  }
}

/** The fault on one line, by its path and where that was set. */
export function describeFault(fault: ConfigFault): string {
  return `${describePlace(fault)}: found ${fault.found}; expected ${fault.expected}`;
}

/** A path, and the variable or the line that set it. */
export function describePlace({
  path,
  line,
  variable,
}: Pick<ConfigFault, 'path' | 'line' | 'variable'>): string {
  const setBy = variable !== undefined && variable !== path ? `set by ${variable}` : undefined;
  const places = [setBy, line === undefined ? undefined : `line ${line}`].filter(
    (place) => place !== undefined,
  );
  return `${path === '' ? 'the file' : path}${places.length > 0 ? ` (${places.join(', ')})` : ''}`;
}
