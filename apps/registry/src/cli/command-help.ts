import { FLAGS, flagText } from './command-flags.js';
import { familyOf, usageOf, type CommandUsage } from './command-usages.js';

const NEEDS = {
  server: 'It asks the running server.',
  either: 'It works with a running server and without one.',
  none: 'It works while no server runs.',
} as const;

/** Columns that a line of usage may have. */
const WIDTH = 100;

/** The help of a command, or of all commands of a family; undefined when the words name none. */
export function commandHelp(words: readonly string[]): string | undefined {
  const [first = ''] = words;
  const family = familyOf(first);
  const only = family.length === 1 || words.length > 1 ? usageOf(words) : undefined;
  if (only !== undefined) return helpOf(only);
  return family.length === 0 ? undefined : helpOfFamily(first, family);
}

/** The options of a command, for people: `--json, --config CONFIG`. */
export function flagList({ flags }: Pick<CommandUsage, 'flags'>): string {
  return flags.map(flagText).join(', ');
}

function helpOf(usage: CommandUsage): string {
  const { name, summary, flags, example, needs } = usage;
  const rows = flags.map((flag) => [flagText(flag), FLAGS[flag].about] as const);
  const width = Math.max(...rows.map(([text]) => text.length));
  const options = rows.map(([text, about]) => `  ${text.padEnd(width)}   ${about}\n`).join('');
  const need = needs === undefined ? '' : ` ${NEEDS[needs]}`;
  const sentence = `herald ${name}: ${summary}.${need}`;
  return `${sentence}\n\nUsage:\n${usageLines(usage)}\nOptions:\n${options}\nExample:\n  herald ${example}\n`;
}

function helpOfFamily(word: string, family: readonly CommandUsage[]): string {
  const commands = family.map((usage) => `${head(usage)}\n      ${usage.summary}\n`);
  return `Usage:\n${commands.join('')}\nOptions and an example of each: herald ${word} … --help\n`;
}

function head({ name, operands }: CommandUsage): string {
  return `  herald ${name}${operands === '' ? '' : ` ${operands}`}`;
}

function usageLines(usage: CommandUsage): string {
  const first = head(usage);
  const lines = [first];
  for (const flag of usage.flags) {
    const text = ` [${flagText(flag)}]`;
    const last = lines.pop() ?? '';
    if (last.length + text.length <= WIDTH) lines.push(last + text);
    else lines.push(last, ' '.repeat(first.length) + text);
  }
  return lines.map((line) => `${line}\n`).join('');
}
