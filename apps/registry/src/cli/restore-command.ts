import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What is to be restored. */
export interface RestoreCommand {
  /** The directory of a backup. */
  readonly directory: string;
  /** Whether a database that is there is moved aside. */
  readonly replace: boolean;
}

/** A restore with the options that every command has. */
export interface RestoreArguments {
  readonly command: RestoreCommand;
  readonly json: boolean;
  readonly config: string | undefined;
}

/** Reads the words behind `restore`. A text says what is wrong with them. */
export function parseRestore(argv: readonly string[]): RestoreArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        replace: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const [directory, ...more] = positionals;
    if (directory === undefined || directory === '' || more.length > 0)
      return 'restore takes one DIR, the directory of a backup';
    const { replace, json, config } = values;
    return { command: { directory: resolve(directory), replace }, json, config };
  } catch (error) {
    // parseArgs throws TypeErrors whose first sentence is made for people.
    if (error instanceof TypeError) return error.message.split('. ')[0] ?? error.message;
    throw error;
  }
}
