import { describe, expect, it } from 'vitest';

import { loadConfig } from '../load-config.js';
import type { RegistryConfig } from '../registry-config.js';

const FILE = `version: 0.1
log: {level: warn, fields: {service: registry}}
storage: {filesystem: {rootdirectory: /data}}
http: {addr: ":5000", prefix: /pre/}
notifications:
  endpoints:
    - {name: first, url: "http://first", headers: {Authorization: [Bearer old]}, ignore: {actions: [push, pull]}}
    - {name: second, url: "http://second"}
`;

function load(environment: Record<string, string>, path: string | undefined = '/c.yml'): RegistryConfig {
  return loadConfig({ path, environment, readFile: () => FILE }).config;
}

const names = ({ notifications }: RegistryConfig): string[] =>
  notifications.endpoints.map(({ name }) => name);

describe('a variable overrides the file', () => {
  it.each<[string, Record<string, string>, (config: RegistryConfig) => unknown, unknown]>([
    [
      'by the key',
      { REGISTRY_HTTP_ADDR: '127.0.0.1:0' },
      ({ http }) => http.listen,
      { host: '127.0.0.1', port: 0 },
    ],
    [
      'by an address that is no YAML',
      { REGISTRY_HTTP_ADDR: '[::1]:1' },
      ({ http }) => http.listen,
      { host: '::1', port: 1 },
    ],
    ['in any case', { registry_Http_Prefix: '/x' }, ({ http }) => http.prefix, '/x'],
    [
      'where the file is silent',
      { REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
      ({ storage }) => storage.deleteEnabled,
      true,
    ],
    [
      'deep down',
      { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/x' },
      ({ storage }) => storage.rootDirectory,
      '/x',
    ],
    ['with quotes, as YAML', { REGISTRY_HTTP_HOST: '"https://a"' }, ({ http }) => http.host, 'https://a'],
    ['with digits for a text', { REGISTRY_HTTP_SECRET: '007' }, ({ http }) => http.secret, '007'],
    ['with nothing, which is the default', { REGISTRY_HTTP_PREFIX: '' }, ({ http }) => http.prefix, ''],
    [
      'with a section',
      { REGISTRY_HTTP: '{addr: ":1"}' },
      ({ http }) => [http.listen.port, http.prefix],
      [1, ''],
    ],
    [
      'with a section and then a key of it',
      { REGISTRY_HTTP_ADDR: ':2', REGISTRY_HTTP: '{addr: ":1", prefix: /x}' },
      ({ http }) => [http.listen.port, http.prefix],
      [2, '/x'],
    ],
    [
      "by the file's name of a section",
      { REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES: 'true' },
      ({ notifications }) => notifications.includeReferences,
      true,
    ],
    [
      "by Distribution's name of the field",
      { REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES: 'true' },
      ({ notifications }) => notifications.includeReferences,
      true,
    ],
    [
      'with a whole list',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS: '[{name: new, url: "http://new"}]' },
      names,
      ['new'],
    ],
    ['with a list that is empty', { REGISTRY_NOTIFICATIONS_ENDPOINTS: '[]' }, names, []],
    ['in an item of a list', { REGISTRY_NOTIFICATIONS_ENDPOINTS_1_NAME: 'new' }, names, ['first', 'new']],
    [
      'with a new item',
      {
        REGISTRY_NOTIFICATIONS_ENDPOINTS_2_NAME: 'new',
        REGISTRY_NOTIFICATIONS_ENDPOINTS_2_URL: 'http://new',
      },
      names,
      ['first', 'second', 'new'],
    ],
    [
      'with a new item as a whole',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_2: '{name: new, url: "http://new"}' },
      names,
      ['first', 'second', 'new'],
    ],
    [
      'with more than ten items',
      manyEndpoints(12),
      names,
      Array.from({ length: 12 }, (_, index) => `n${index}`),
    ],
    [
      'in a list of single values',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_IGNORE_ACTIONS_1: 'mount' },
      ({ notifications }) => notifications.endpoints[0]?.ignore?.actions,
      ['push', 'mount'],
    ],
    [
      'with a first single value',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_1_IGNORE_ACTIONS_0: 'pull' },
      ({ notifications }) => notifications.endpoints[1]?.ignore?.actions,
      ['pull'],
    ],
    [
      'with a list of single values',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_IGNORE_MEDIATYPES: '[a/b]' },
      ({ notifications }) => notifications.endpoints[0]?.ignore?.mediaTypes,
      ['a/b'],
    ],
    [
      'in a filter',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_ONLY_TAGS: '[v*]' },
      ({ notifications }) => notifications.endpoints[0]?.only,
      [{ tags: ['v*'] }],
    ],
    [
      'in one of several filters',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_EXCEPT_0_ACTIONS_0: 'pull' },
      ({ notifications }) => notifications.endpoints[0]?.except,
      [{ actions: ['pull'] }],
    ],
    [
      'in a header that is there',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_HEADERS_AUTHORIZATION: '[Bearer new]' },
      ({ notifications }) => Reflect.get(notifications.endpoints[0] ?? {}, 'headers'),
      { Authorization: ['Bearer new'] },
    ],
    [
      'in a value of a header',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_0_HEADERS_AUTHORIZATION_0: 'Bearer new' },
      ({ notifications }) => Reflect.get(notifications.endpoints[0] ?? {}, 'headers'),
      { Authorization: ['Bearer new'] },
    ],
    [
      'with a new header',
      { REGISTRY_NOTIFICATIONS_ENDPOINTS_1_HEADERS_X_API_KEY: '[a, b]' },
      ({ notifications }) => Reflect.get(notifications.endpoints[1] ?? {}, 'headers'),
      { 'x-api-key': ['a', 'b'] },
    ],
    [
      'in a free key',
      { REGISTRY_LOG_FIELDS_DATA_CENTRE: 'eu' },
      ({ log }) => log.fields,
      { service: 'registry', data_centre: 'eu' },
    ],
    [
      'with the driver by name',
      { REGISTRY_STORAGE: 'filesystem' },
      ({ storage }) => storage.rootDirectory,
      '/var/lib/registry',
    ],
    [
      'with the driver by name, and its key',
      { REGISTRY_STORAGE: 'filesystem', REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/x' },
      ({ storage }) => storage.rootDirectory,
      '/x',
    ],
    [
      'in lists of health by the key',
      { REGISTRY_HEALTH_FILE_0_FILE: '/x' },
      ({ warnings }) => warnings.map(({ variable }) => variable),
      ['REGISTRY_HEALTH_FILE_0_FILE'],
    ],
    [
      "in lists of health by Distribution's names",
      {
        REGISTRY_HEALTH_FILECHECKERS_0_FILE: '/x',
        REGISTRY_HEALTH_HTTPCHECKERS: '[]',
        REGISTRY_HEALTH_TCPCHECKERS: '[]',
      },
      ({ warnings }) => warnings.map(({ path }) => path),
      ['health'],
    ],
  ])('%s', (_, environment, setting, expected) => {
    expect(setting(load(environment))).toEqual(expected);
  });

  it('and the defaults, where there is no file', () => {
    const environment = {
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/x',
      REGISTRY_HTTP_ADDR: ':0',
      REGISTRY_LOG_LEVEL: 'debug',
    };
    const config = loadConfig({ path: undefined, environment, readFile: () => FILE }).config;
    expect(config).toMatchObject({
      source: undefined,
      log: { level: 'debug' },
      storage: { rootDirectory: '/x' },
      http: { listen: { host: undefined, port: 0 } },
    });
  });

  it('and nothing that it does not name', () => {
    const { warnings: _, ...before } = load({});
    const { warnings, ...after } = load({
      REGISTRY_HTTP_ADDR_X: '1',
      REGISTRY_NOTIFICATIONS_ENDPOINTS_X: '1',
      REGISTRY_: '1',
      REGISTRY: '1',
    });
    expect(after).toEqual(before);
    expect(warnings.map(({ path }) => path)).toEqual([
      'REGISTRY_',
      'REGISTRY_HTTP_ADDR_X',
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_X',
    ]);
  });
});

function manyEndpoints(count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, index) => [
    [`REGISTRY_NOTIFICATIONS_ENDPOINTS_${index}_NAME`, `n${index}`],
    [`REGISTRY_NOTIFICATIONS_ENDPOINTS_${index}_URL`, 'http://x'],
  ]);
  return Object.fromEntries(entries.flat()) as Record<string, string>;
}
