import { describe, expect, it } from 'vitest';

import { type Command, parseCommandLine } from './command-line.js';

const FROM_ENVIRONMENT = { REGISTRY_CONFIGURATION_PATH: '/env.yml' };

describe('the command line', () => {
  it.each<[string, Command]>([
    ['', { kind: 'help' }],
    ['help', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['-h', { kind: 'help' }],
    ['serve --help', { kind: 'help' }],
    ['version', { kind: 'version' }],
    ['--version', { kind: 'version' }],
    ['-v', { kind: 'version' }],
    ['serve', { kind: 'serve', configPath: undefined, ignoreExisting: false }],
    ['serve a.yml', { kind: 'serve', configPath: 'a.yml', ignoreExisting: false }],
    ['serve --ignore-existing a.yml', { kind: 'serve', configPath: 'a.yml', ignoreExisting: true }],
    ['serve a.yml --ignore-existing', { kind: 'serve', configPath: 'a.yml', ignoreExisting: true }],
    ['check', { kind: 'check', configPath: undefined }],
    ['check a.yml', { kind: 'check', configPath: 'a.yml' }],
  ])('"%s" is understood', (line, command) => {
    expect(parseCommandLine(words(line), {})).toEqual(command);
  });

  it('takes the file that the environment names, unless an argument names one', () => {
    expect(parseCommandLine(['serve'], FROM_ENVIRONMENT)).toMatchObject({ configPath: '/env.yml' });
    expect(parseCommandLine(['check'], FROM_ENVIRONMENT)).toMatchObject({ configPath: '/env.yml' });
    expect(parseCommandLine(['serve', 'a.yml'], FROM_ENVIRONMENT)).toMatchObject({ configPath: 'a.yml' });
    expect(parseCommandLine(['serve'], { REGISTRY_CONFIGURATION_PATH: '' })).toMatchObject({
      configPath: undefined,
    });
  });

  it.each([
    ['srve', 'unknown command "srve"; did you mean serve?'],
    [
      'frobnicate',
      'unknown command "frobnicate"; the commands are serve, check, repositories, help, version',
    ],
    ['config.yml', 'unknown command "config.yml"; the commands are'],
    ['garbage-collect /x', 'Herald has no command garbage-collect yet'],
    ['serve a.yml b.yml', 'serve takes one CONFIG'],
    ['check --ignore-existing', '--ignore-existing belongs to serve'],
    ['serve --frobnicate', "Unknown option '--frobnicate'"],
    ['serve --ignore-existing=yes', "Option '--ignore-existing' does not take an argument"],
  ])('"%s" is refused: %s', (line, message) => {
    const command = parseCommandLine(words(line), {});
    expect(command.kind).toBe('usage-error');
    expect(command.kind === 'usage-error' && command.message).toContain(message);
  });
});

function words(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}
