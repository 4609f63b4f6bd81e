import { kindOf, type Mismatch } from '../schema/value-kind.js';

/** The environment of the process, or one made for a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a text file; throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

export type SecretReading =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly mismatch: Mismatch };

/** Longest secret that is read from a file, in characters. */
const LONGEST_SECRET = 65_536;

/**
 * Looks secrets up where the configuration points instead of holding them: `file:/path` (its content without one line break at the end)
 * and `env:NAME`. Any other text is the secret itself.
 */
export class SecretReferences {
  readonly #used = new Set<string>();

  constructor(
    private readonly environment: Environment,
    readonly readFile: ReadFile,
  ) {}

  /** Names of the environment variables that were pointed at, whether they are set or not. */
  get usedVariables(): ReadonlySet<string> {
    return this.#used;
  }

  resolve(text: string): SecretReading {
    if (text.startsWith('env:')) {
      return this.#fromEnvironment(text.slice('env:'.length));
    }
    return text.startsWith('file:') ? this.#fromFile(text.slice('file:'.length)) : { ok: true, value: text };
  }

  #fromEnvironment(name: string): SecretReading {
    if (!/^[a-z_]\w*$/i.test(name)) {
      return refused('the name of an environment variable after env:', 'other text');
    }
    this.#used.add(name);
    const value = this.environment[name];
    return value === undefined
      ? refused(`the environment variable ${name} to be set`, 'nothing')
      : { ok: true, value };
  }

  #fromFile(reference: string): SecretReading {
    const path = fileOf(`file:${reference}`);
    if (path === undefined) {
      return refused('the absolute path of a file after file:', 'other text');
    }
    try {
      const content = this.readFile(path);
      return content.length > LONGEST_SECRET
        ? refused(`at most ${LONGEST_SECRET} characters in the file that is named`, 'more')
        : { ok: true, value: content.replace(/\r?\n$/, '') };
    } catch (error) {
      return refused(`a file that can be read at ${path}`, reasonOf(error));
    }
  }
}

/** The absolute path that `file:/path` or `file:///path` names; undefined when the text names none. */
export function fileOf(reference: string): string | undefined {
  const [, path = ''] = /^file:(.*)$/s.exec(reference) ?? [];
  const absolute = path.replace(/^\/\/(?=\/)/, '');
  return /^\/[^/\p{Cc}]/u.test(absolute) ? absolute : undefined;
}

/** Why a file cannot be read, without its path or content. */
export function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'a file that this user may not read',
    EISDIR: 'a directory',
  };
  return typeof code === 'string' ? (reasons[code] ?? code) : kindOf(undefined);
}

function refused(expected: string, found: string): SecretReading {
  return { ok: false, mismatch: { expected, found } };
}
