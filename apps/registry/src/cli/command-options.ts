import { parseArgs } from 'node:util';
import { flagList } from './command-help.js';
import { FLAGS, type Flag } from './command-flags.js';
import { usageOf } from './command-usages.js';

const TYPES = {
  ...Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]: readonly [string, Flag]) => [
      name,
      { type: flag.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  ),
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** What the arguments are about, as far as it can be told before they are read in earnest. */
export interface Overview {
  readonly words: readonly string[];
  readonly help: boolean;
  /** An option that the command does not know, and those that it does. */
  readonly fault?: string;
}

/** Looks which command is meant, and whether it knows its options. */
export function overviewOf(argv: readonly string[]): Overview {
  const { tokens, positionals: words } = parseArgs({
    args: [...argv],
    options: TYPES,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const help = given.some(({ name }) => name === 'help');
  const usage = usageOf(words);
  const known: ReadonlySet<string> = new Set(['help', 'version', ...(usage?.flags ?? [])]);
  const unknown = usage === undefined ? undefined : given.find(({ name }) => !known.has(name));
  if (usage === undefined || unknown === undefined) return { words, help };
  const fault = `${usage.name} has no option ${unknown.rawName}; it takes ${flagList(usage)}`;
  return { words, help, fault };
}
