import { describe, expect, it } from 'vitest';
import { commandHelp } from './command-help.js';
import { COMMAND_USAGES } from './command-usages.js';
import { parseCommandLine } from './command-line.js';
import { HELP } from './help.js';

describe('the help of a command', () => {
  it.each(COMMAND_USAGES)('$name: its example is one, with options that it takes', ({ example, name }) => {
    const argv = example.replaceAll("'", '').split(' ');
    expect(example.startsWith(name)).toBe(true);
    expect(parseCommandLine(argv, {})).not.toMatchObject({ kind: 'usage-error' });
    expect(parseCommandLine(argv, {})).not.toMatchObject({ kind: 'help' });
    expect(HELP).toContain(`herald ${name.split(' ')[0]}`);
  });

  it('tells usage, options and an example', () => {
    expect(commandHelp(['endpoints', 'drain', 'ci'])).toBe(
      `herald endpoints drain: send what is pending now, and wait until it is done. It asks the running server.

Usage:
  herald endpoints drain NAME [--timeout DURATION] [--json] [--config CONFIG]

Options:
  --timeout DURATION   how long it may take (default 60s)
  --json               print JSON, one document a line, for programs
  --config CONFIG      Distribution's config.yml; else the file that REGISTRY_CONFIGURATION_PATH names

Example:
  herald endpoints drain ci
`,
    );
  });

  it('of a family lists its commands, and of nothing known there is none', () => {
    expect(commandHelp(['dead-letters'])).toContain('herald dead-letters redrive NAME [ID]\n');
    expect(commandHelp(['events'])).toContain('herald events tail\n');
    expect(commandHelp(['frobnicate'])).toBeUndefined();
    expect(commandHelp([])).toBeUndefined();
  });
});
