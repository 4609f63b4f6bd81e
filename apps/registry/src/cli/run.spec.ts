import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { loadConfig } from '../config/load-config.js';
import type { RegistryConfig } from '../config/registry-config.js';
import type { AdminAnswer } from './admin-client.js';
import { run } from './run.js';

interface Served {
  readonly config: RegistryConfig;
  readonly ignoreExisting: boolean;
}

interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly served: readonly Served[];
}

const GOOD = `version: 0.1
storage:
  filesystem: {rootdirectory: /data}
  cache: {blobdescriptor: inmemory}
http:
  secret: planted-secret
notifications:
  endpoints:
    - name: hook
      url: https://planted-user:planted-password@hook.test:8443/planted-path?planted=query
      headers: {Authorization: [Bearer planted-token]}
      timeout: 2s
    - {name: off, url: "http://off.test/planted", disabled: true}
`;

describe('the program', () => {
  let directory: string;
  let path: string;
  let answer: AdminAnswer = { status: 204, body: '' };
  const asked: string[] = [];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
    path = join(directory, 'config.yml');
    writeFileSync(path, GOOD);
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  async function herald(argv: string[], env: Record<string, string> = {}): Promise<Finished> {
    const written = { stdout: '', stderr: '' };
    const served: Served[] = [];
    asked.length = 0;
    const exitCode = await run({
      argv,
      env,
      serve: (config, { ignoreExisting }) => {
        served.push({ config, ignoreExisting });
        return Promise.resolve(4);
      },
      administer: (_config, command) =>
        command((method, requested) => {
          asked.push(`${method} ${requested}`);
          return Promise.resolve(answer);
        }),
      restore: () => Promise.resolve(0),
      adopt: (_config, command, { json }) => {
        asked.push(`${JSON.stringify(command)}${json ? ' as JSON' : ''}`);
        return Promise.resolve(7);
      },
      stdout: (text) => {
        written.stdout += text;
      },
      stderr: (text) => {
        written.stderr += text;
      },
    });
    return { exitCode, ...written, served };
  }

  it('explains itself when it is asked to, or asked nothing', async () => {
    for (const argv of [[], ['--help'], ['help']]) {
      const { exitCode, stdout, stderr, served } = await herald(argv);
      expect([exitCode, stderr, served]).toEqual([0, '', []]);
      expect(stdout).toMatch(
        /serve \[CONFIG\][^]*check \[CONFIG\][^]*REGISTRY_CONFIGURATION_PATH[^]*Exit codes:/,
      );
    }
  });

  it('says its version, which is that of its package', async () => {
    const description = JSON.parse(
      readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await herald(['--version'])).toEqual({
      exitCode: 0,
      stdout: `herald ${description.version}\n`,
      stderr: '',
      served: [],
    });
  });

  it('says which command it has no help for', async () => {
    expect(await herald(['help', 'nonsense'])).toEqual({
      exitCode: 2,
      served: [],
      stdout: '',
      stderr: 'herald: there is no command nonsense\nTry: herald --help\n',
    });
  });

  it('does not guess what a wrong command means', async () => {
    const { exitCode, stdout, stderr } = await herald(['srve']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toBe('herald: unknown command "srve"; did you mean serve?\nTry: herald --help\n');
  });

  it('serves the configuration that it was given, and ends as that ends', async () => {
    const { exitCode, served } = await herald(['serve', '--ignore-existing', path], {
      REGISTRY_HTTP_ADDR: ':1',
    });
    expect(exitCode).toBe(4);
    expect(served).toMatchObject([
      { ignoreExisting: true, config: { source: path, http: { listen: { port: 1 } } } },
    ]);
  });

  it.each(['serve', 'check'])(
    '%s ends with 3 and all faults when the configuration is invalid',
    async (command) => {
      const { exitCode, stdout, stderr, served } = await herald([command, path], {
        REGISTRY_LOG_LEVEL: 'loud',
        REGISTRY_AUTH: 'silly',
      });
      expect([exitCode, stdout, served]).toEqual([3, '', []]);
      expect(stderr).toContain(`herald: ${path} cannot be used: 2 faults\n  auth (set by REGISTRY_AUTH): `);
      expect(stderr).toContain('log.level (set by REGISTRY_LOG_LEVEL): ');
      expect(stderr).not.toContain('planted');
    },
  );

  it.each([
    ['nowhere/config.yml', 'no such file'],
    ['', 'a directory'],
  ])('ends with 3 when the file "%s" cannot be read', async (file, reason) => {
    const { exitCode, stderr } = await herald(['check', join(directory, file)]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`the file: found ${reason}; expected a file that can be read`);
  });

  it('check shows what is in effect, as a file that could be used, without a secret', async () => {
    const { exitCode, stdout, stderr } = await herald(['check', path], {
      REGISTRY_LOG_LEVEL: 'debug',
      REGISTRY_NOPE: 'planted',
    });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('planted');
    expect(parse(stdout)).toMatchObject({
      version: 0.1,
      log: { level: 'debug', formatter: 'text' },
      storage: { filesystem: { rootdirectory: '/data' }, inline: '16KiB' },
      database: { path: '/data/herald/herald.db' },
      http: { addr: ':5000', secret: '[redacted]', draintimeout: '25s' },
      notifications: {
        endpoints: [
          {
            name: 'hook',
            url: 'https://hook.test:8443',
            headers: { Authorization: ['[redacted]'] },
            timeout: '2s',
            threshold: 10,
          },
          { name: 'off', url: 'http://off.test', disabled: true },
        ],
      },
    });
    const again = loadConfig({ path: 'shown', environment: {}, readFile: () => stdout });
    expect(again.config.log.level).toBe('debug');
  });

  it('check says where events go, and what each warning means', async () => {
    const { stdout } = await herald(['check', path], { REGISTRY_NOPE: 'x' });
    expect(stdout).toContain(`# ${path} is good.`);
    expect(stdout).toContain(
      '#   hook: https://hook.test:8443 (distribution.v1, timeout 2000 ms, up to 100 events a request, ordering lane, schedule standard from 1000 ms, breaker opens after 10 failures)\n',
    );
    expect(stdout).toContain('#   off: http://off.test (disabled, gets nothing)\n');
    expect(stdout).toContain(
      '#   storage.cache (line 4): accepted, without effect: Herald reads descriptors from its database',
    );
    expect(stdout).toContain('#   REGISTRY_NOPE: no setting has this name, so the variable is ignored\n');
  });

  it('check says what the compatibility with Distribution makes of an endpoint', async () => {
    const { stdout } = await herald(['check', path], {
      REGISTRY_NOTIFICATIONS_COMPATIBILITY: 'distribution',
    });
    expect(stdout).toContain('1 event at a time, ordering endpoint, schedule distribution from 1000 ms');
  });

  it('deletes a repository by the admin API, and says what it refuses', async () => {
    await expect(herald(['repositories', 'delete', 'team/app', '--config', path])).resolves.toMatchObject({
      exitCode: 0,
      stdout: 'deleted the repository team/app\n',
    });
    expect(asked).toEqual(['DELETE /admin/v1/repositories/team%2Fapp']);
    answer = { status: 404, body: '{"errors":[{"message":"repository name not known to registry"}]}' };
    await expect(herald(['repositories', 'delete', 'team/app', '--config', path])).resolves.toMatchObject({
      exitCode: 5,
      stderr: 'herald: team/app was not deleted: repository name not known to registry\n',
    });
    await expect(herald(['repositories', 'purge', 'team/app'])).resolves.toMatchObject({ exitCode: 2 });
  });

  it('hands work on the files of a registry on, and ends as that ends', async () => {
    for (const [argv, expected] of [
      [['import', path], '{"does":"import","verify":false}'],
      [['import', '--verify', '--config', path], '{"does":"import","verify":true}'],
      [['import', path, '--unreadable', '--json'], '{"does":"list-unreadable"} as JSON'],
      [['export-links', path], '{"does":"export-links"}'],
      [['verify', path, '--remove-strays'], '{"does":"verify","removeStrays":true}'],
    ] as const) {
      expect(await herald([...argv])).toMatchObject({ exitCode: 7 });
      expect(asked).toEqual([expected]);
    }
  });

  it.each([
    [['serve', '--remove-strays'], 'serve has no option --remove-strays'],
    [['verify', '--verify'], 'verify has no option --verify'],
    [['export-links', 'a', 'b'], 'export-links takes one CONFIG'],
    [['import', '--verify', '--unreadable'], '--unreadable only lists'],
  ])('does not guess what %j means', async (argv, message) => {
    const { exitCode, stderr } = await herald(argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('check needs no file', async () => {
    const { exitCode, stdout } = await herald(['check']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('# The built-in configuration is good.');
    expect(stdout).toContain('# No endpoints: events are sent nowhere.\n# No warnings.\n');
    expect(parse(stdout)).toMatchObject({
      http: { addr: '127.0.0.1:5000' },
      storage: { filesystem: { rootdirectory: './data' } },
    });
  });
});
