import { describe, expect, it } from 'vitest';

import { type Command, parseCommandLine } from './command-line.js';

const FROM_ENVIRONMENT = { REGISTRY_CONFIGURATION_PATH: '/env.yml' };

describe('the command line', () => {
  it.each<[string, Command]>([
    ['', { kind: 'help', words: [] }],
    ['help', { kind: 'help', words: [] }],
    ['--help', { kind: 'help', words: [] }],
    ['-h', { kind: 'help', words: [] }],
    ['serve --help', { kind: 'help', words: ['serve'] }],
    ['help endpoints drain', { kind: 'help', words: ['endpoints', 'drain'] }],
    ['replay start ci --help', { kind: 'help', words: ['replay', 'start', 'ci'] }],
    ['serve --config a.yml', { kind: 'serve', configPath: 'a.yml', ignoreExisting: false }],
    ['--json reload', { kind: 'operate', configPath: undefined, command: { does: 'reload' }, json: true }],
    [
      'restore /b --replace',
      { kind: 'restore', configPath: undefined, command: { directory: '/b', replace: true }, json: false },
    ],
    ['version', { kind: 'version' }],
    ['--version', { kind: 'version' }],
    ['-v', { kind: 'version' }],
    ['serve', { kind: 'serve', configPath: undefined, ignoreExisting: false }],
    ['serve a.yml', { kind: 'serve', configPath: 'a.yml', ignoreExisting: false }],
    ['serve --ignore-existing a.yml', { kind: 'serve', configPath: 'a.yml', ignoreExisting: true }],
    ['serve a.yml --ignore-existing', { kind: 'serve', configPath: 'a.yml', ignoreExisting: true }],
    ['check', { kind: 'check', configPath: undefined }],
    [
      'endpoints --json',
      { kind: 'operate', configPath: undefined, command: { does: 'list-endpoints' }, json: true },
    ],
    [
      'endpoints pause ci --config a.yml',
      {
        kind: 'operate',
        configPath: 'a.yml',
        command: { does: 'change-endpoint', change: 'pause', endpoint: 'ci' },
        json: false,
      },
    ],
    [
      'events tail --type registry.* --after 7',
      {
        kind: 'operate',
        configPath: undefined,
        command: { does: 'tail-events', filter: { type: 'registry.*', after: '7' } },
        json: false,
      },
    ],
    [
      'dead-letters redrive ci 7',
      {
        kind: 'operate',
        configPath: undefined,
        command: { does: 'redrive', endpoint: 'ci', id: '7' },
        json: false,
      },
    ],
    [
      'replay start ci/main --from-sequence 3 --event a --event b --dry-run --json',
      {
        kind: 'operate',
        configPath: undefined,
        command: {
          does: 'start-replay',
          path: 'endpoints/ci%2Fmain/replays?from=3&event=a&event=b&dryrun=true',
        },
        json: true,
      },
    ],
    [
      'replay show 7 --follow',
      {
        kind: 'operate',
        configPath: undefined,
        command: { does: 'show-replay', path: 'replays/7', follow: true },
        json: false,
      },
    ],
    [
      'replay cancel 7',
      {
        kind: 'operate',
        configPath: undefined,
        command: { does: 'cancel-replay', path: 'replays/7' },
        json: false,
      },
    ],
    ['reload --json', { kind: 'operate', configPath: undefined, command: { does: 'reload' }, json: true }],
    ['check a.yml', { kind: 'check', configPath: 'a.yml' }],
    [
      'endpoints drain ci --timeout 90s',
      {
        kind: 'operate',
        configPath: undefined,
        command: { does: 'drain-endpoint', endpoint: 'ci', timeoutSeconds: 90 },
        json: false,
      },
    ],
    [
      'backup /b --hold 36h',
      {
        kind: 'backup',
        configPath: undefined,
        command: { does: 'make', directory: '/b', holdSeconds: 129_600 },
        json: false,
      },
    ],
    [
      'backup release --json',
      { kind: 'backup', configPath: undefined, command: { does: 'release' }, json: true },
    ],
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
    ['frobnicate', 'unknown command "frobnicate"; the commands are serve, check, repositories, backup'],
    ['config.yml', 'unknown command "config.yml"; the commands are'],
    ['garbage-collect /x', 'Herald has no command garbage-collect; did you mean gc?'],
    ['serve a.yml b.yml', 'serve takes one CONFIG'],
    ['backup', 'backup takes a DIR'],
    ['backup a b', 'backup takes a DIR'],
    ['backup a --hold long', '--hold takes a duration'],
    ['backup release --hold 1h', 'backup release has no option --hold; it takes --json, --config CONFIG'],
    ['check --ignore-existing', 'check has no option --ignore-existing; it takes --config CONFIG'],
    ['endpoints pause', 'endpoints takes list, or show'],
    ['endpoints drop ci', 'endpoints takes list, or show'],
    ['replay cancel 7 --follow', 'replay cancel has no option --follow'],
    ['replay start ci --event a --dry-run --follow', '--follow belongs to replay start'],
    ['events follow', 'events takes show ID'],
    ['endpoints pause ci --timeout 1s', 'endpoints pause has no option --timeout'],
    ['endpoints drain ci --timeout soon', '--timeout takes a duration'],
    ['endpoints list --type x', 'endpoints list has no option --type'],
    ['dead-letters redrive', 'dead-letters takes list NAME'],
    ['check --json', 'check has no option --json'],
    ['replay list --rate 1/s', 'replay list has no option --rate'],
    ['restore', 'restore takes one DIR'],
    ['reload ci', 'reload takes nothing'],
    ['dead-letters delete ci', 'dead-letters takes list NAME'],
    ['serve --frobnicate', 'serve has no option --frobnicate; it takes --ignore-existing, --config CONFIG'],
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
