import { describe, expect, it } from 'vitest';

import { ConfigError } from './config.error.js';
import { loadConfig, type LoadedConfig } from './load-config.js';

const MINIMAL = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\n';

function load(
  text: string,
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): LoadedConfig {
  const contents: Record<string, string> = {
    ...files,
    ...(text !== undefined && { '/etc/config.yml': text }),
  };
  const readFile = (path: string): string => {
    const content = contents[path];
    if (content === undefined) {
      throw Object.assign(new Error('planted: must not be shown'), { code: 'ENOENT' });
    }
    return content;
  };
  return loadConfig({ path: '/etc/config.yml', environment, readFile });
}

describe('a secret of the configuration', () => {
  const text = `${MINIMAL}http: {secret: "env:SECRET"}
notifications:
  endpoints:
    - {name: a, url: "file:/run/url", headers: {Authorization: ["file:/run/token", "env:REGISTRY_TOKEN"]}}
`;

  it('may lie in a file or a variable', () => {
    const environment = { SECRET: 's3cret', REGISTRY_TOKEN: 'Bearer two' };
    const { config } = load(text, environment, {
      '/run/url': 'https://hook/path\n',
      '/run/token': 'Bearer one\n',
    });
    expect(config.http.secret).toBe('s3cret');
    expect(config.notifications.endpoints[0]).toMatchObject({
      url: 'https://hook/path',
      headers: { Authorization: ['Bearer one', 'Bearer two'] },
    });
    expect(config.warnings).toEqual([]);
  });

  it('is a fault by its place when it is not there', () => {
    const faults = faultsOf(() => load(text, { SECRET: '' }));
    expect(faults.map(({ path, line, found }) => [path, line, found])).toEqual([
      ['http.secret', 3, 'nothing'],
      ['notifications.endpoints[0].headers.Authorization[0]', 6, 'no such file'],
      ['notifications.endpoints[0].headers.Authorization[1]', 6, 'nothing'],
      ['notifications.endpoints[0].url', 6, 'no such file'],
    ]);
  });

  it('is checked like one that is written there, and not shown', () => {
    const files = { '/run/url': 'ftp://hunter2/', '/run/token': 'hunter2\r\nX-Evil: 1' };
    const faults = faultsOf(() => load(text, { SECRET: 'x', REGISTRY_TOKEN: 'x' }, files));
    expect(faults.map(({ path }) => path)).toEqual([
      'notifications.endpoints[0].headers.Authorization[0]',
      'notifications.endpoints[0].url',
    ]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('is redacted in what is shown, whichever way it came', () => {
    const environment = {
      SECRET: 'planted-1',
      REGISTRY_TOKEN: 'planted-2',
      REGISTRY_NOTIFICATIONS_ENDPOINTS_1: `
      {name: b, url: "https://planted-3:planted-4@hook.test:8443/planted-5?planted=6#planted-7", headers: {X-Key: [planted-8]}}`,
    };
    const { config, effective } = load(text, environment, {
      '/run/url': 'http://other/planted-9',
      '/run/token': 'planted-10',
    });
    expect(JSON.stringify(config)).toContain('planted-8');
    expect(JSON.stringify(effective)).not.toContain('planted');
    expect(effective).toMatchObject({
      http: { secret: '[redacted]' },
      notifications: {
        endpoints: [
          { url: 'http://other', headers: { Authorization: ['[redacted]', '[redacted]'] } },
          { url: 'https://hook.test:8443', headers: { 'X-Key': ['[redacted]'] } },
        ],
      },
    });
  });
});

function faultsOf(work: () => unknown): ConfigError['faults'] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.faults;
    }
    throw error;
  }
  throw new Error('the configuration was accepted');
}
