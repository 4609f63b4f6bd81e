import { checkedOptions } from '@herald/notifications';
import { describe, expect, it } from 'vitest';

import { loadConfig } from './load-config.js';
import type { RegistryConfig } from './registry-config.js';

/** The file of the `registry:2` image, as it is. */
const STOCK = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

const MINIMAL = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\n';

function load(text: string | undefined, environment: Record<string, string> = {}): RegistryConfig {
  const path = text === undefined ? undefined : '/etc/config.yml';
  return loadConfig({ path, environment, readFile: () => text ?? '' }).config;
}

describe('the configuration', () => {
  it('needs no file: this machine alone is served, from ./data', () => {
    const config = load(undefined);
    expect(config).toMatchObject({
      source: undefined,
      log: { level: 'info', formatter: 'text', fields: {}, accessLog: true },
      storage: {
        rootDirectory: './data',
        minFreeBytes: 64 * 2 ** 20,
        deleteEnabled: false,
        inlineBytes: 16_384,
        readOnly: false,
        references: { blobs: 'required', children: 'required' },
        uploadPurge: { enabled: true, ageMs: 604_800_000, intervalMs: 86_400_000, dryRun: false },
      },
      catalog: { maxEntries: 1_000 },
      tags: { maxTags: 1_000 },
      database: { path: 'data/herald/herald.db', reserveBytes: 8 * 2 ** 20 },
      http: {
        listen: { host: '127.0.0.1', port: 5000 },
        host: undefined,
        relativeUrls: false,
        prefix: '',
        secret: undefined,
        drainTimeoutMs: 25_000,
        trustedProxies: ['127.0.0.0/8', '::1/128'],
        debug: undefined,
      },
      notifications: {
        includeReferences: false,
        compatibility: 'herald',
        retention: { ageMs: 7 * 24 * 3_600_000, sizeBytes: 2 ** 30, deadLetterAgeMs: 0 },
        endpoints: [],
      },
      warnings: [],
    });
  });

  it('takes the stock file of registry:2 unchanged', () => {
    const config = load(STOCK);
    expect(config).toMatchObject({
      source: '/etc/config.yml',
      log: { fields: { service: 'registry' } },
      storage: { rootDirectory: '/var/lib/registry' },
      database: { path: '/var/lib/registry/herald/herald.db', reserveBytes: 8 * 2 ** 20 },
      http: { listen: { host: undefined, port: 5000 }, headers: { 'X-Content-Type-Options': ['nosniff'] } },
    });
    expect(config.warnings.map(({ path, line }) => [path, line])).toEqual([
      ['storage.cache', 6],
      ['health', 14],
    ]);
  });

  it.each(['storage: {filesystem: }', 'storage: {filesystem: {}}', 'storage: filesystem'])(
    "has Distribution's directory for %s",
    (storage) => {
      expect(load(`version: 0.1\n${storage}`).storage.rootDirectory).toBe('/var/lib/registry');
    },
  );

  it('is compiled whole, each value in the unit of its name', () => {
    const config = load(`
version: 0.1
log: {level: debug, formatter: json, fields: {service: hub, build: 0042, empty: ""}, accesslog: {disabled: yes}}
storage: {filesystem: {rootdirectory: /data}, inline: 64KB, delete: {enabled: true}, maintenance: {readonly: {enabled: false}}}
database: {path: /fast/herald.db}
http:
  addr: "[::1]:443"
  net: tcp
  host: https://reg.acme.test/
  prefix: /pre/
  secret: 0123
  relativeurls: true
  draintimeout: 1m30s
  trustedproxies: [10.0.0.0/8, 192.0.2.1]
  tls: {}
  debug: {addr: "localhost:5001", prometheus: {enabled: true, path: /m}}
notifications:
  events: {includereferences: true}
  compatibility: distribution
  backlog: {maxbytes: 10MiB}
  endpoints:
    - name: hook
      backlog: {maxevents: 7, onlimit: refuse}
      disabled: true
      url: https://user:pass@hook.test/path?token=1
      headers: {Authorization: [Bearer x], X-Two: [a, b], X-Number: [0042]}
      timeout: 1.5s
      timeouts: {connect: 200ms, firstbyte: 1s}
      compression: gzip
      proxy: http://user:pass@proxy.test:3128
      handshake: true
      threshold: 3
      backoff: 100us
      format: distribution.v2
      ignoredmediatypes: [a/b, c/d]
      ignore: {mediatypes: [a/b], actions: [pull]}
      only: {repositories: [team/**], mediatypes: [a/b]}
      except: [{tags: [/^v/]}, {actions: [mount]}]
      cloudevents: {mode: binary}
`);
    expect(config.log).toEqual({
      level: 'debug',
      formatter: 'json',
      fields: { service: 'hub', build: '0042', empty: '' },
      accessLog: false,
    });
    expect(config.storage).toMatchObject({
      rootDirectory: '/data',
      deleteEnabled: true,
      inlineBytes: 64_000,
    });
    expect(config.database.path).toBe('/fast/herald.db');
    expect(config.http).toEqual({
      listen: { host: '::1', port: 443 },
      host: 'https://reg.acme.test',
      prefix: '/pre',
      secret: '0123',
      relativeUrls: true,
      drainTimeoutMs: 90_000,
      headers: {},
      trustedProxies: ['10.0.0.0/8', '192.0.2.1/32'],
      debug: { listen: { host: 'localhost', port: 5001 }, prometheus: { enabled: true, path: '/m' } },
    });
    expect(config.notifications).toEqual({
      includeReferences: true,
      addresses: { allow: [], deny: [] },
      compatibility: 'distribution',
      retention: { ageMs: 7 * 24 * 3_600_000, sizeBytes: 2 ** 30, deadLetterAgeMs: 0 },
      backlog: { maxBytes: 10 * 2 ** 20, maxEvents: 0, onLimit: 'detach' },
      endpoints: [
        {
          name: 'hook',
          disabled: true,
          url: 'https://user:pass@hook.test/path?token=1',
          headers: { Authorization: ['Bearer x'], 'X-Two': ['a', 'b'], 'X-Number': ['0042'] },
          maxAgeMs: 72 * 3_600_000,
          maxAttempts: 5,
          maxRetryAfterMs: 3_600_000,
          timeoutMs: 1_500,
          timeouts: { connectMs: 200, firstByteMs: 1_000 },
          compression: 'gzip',
          proxy: 'http://user:pass@proxy.test:3128',
          handshake: { origin: expect.any(String) as string },
          threshold: 3,
          backoffMs: 1,
          maxBackoffMs: 60_000,
          concurrency: 16,
          batch: { maxEvents: 100, maxBytes: 65_536 },
          format: 'distribution.v2',
          ignore: { mediaTypes: ['a/b', 'c/d'], actions: ['pull'] },
          only: [{ repositories: ['team/**'], mediaTypes: ['a/b'] }],
          except: [{ tags: ['/^v/'] }, { actions: ['mount'] }],
          cloudevents: { mode: 'binary' },
          backlog: { maxEvents: 7, onLimit: 'refuse' },
        },
      ],
    });
    expect(config.warnings).toEqual([]);
  });

  it("has upstream's defaults for an endpoint, where nothing or zero is written", () => {
    const zeros = '{name: zeros, url: http://a, timeout: 0, threshold: 0, backoff: 0s}';
    const negative = '{name: negative, url: http://a, threshold: -1, headers: , ignore: }';
    const config = load(
      `${MINIMAL}notifications: {endpoints: [{name: bare, url: http://a}, ${zeros}, ${negative}]}`,
    );
    for (const endpoint of config.notifications.endpoints) {
      expect(endpoint).toMatchObject({
        timeoutMs: 1_000,
        threshold: 10,
        backoffMs: 1_000,
        format: 'distribution.v1',
        headers: {},
      });
    }
    expect(config.notifications.endpoints).toHaveLength(3);
  });

  it('may drain for no time at all', () => {
    expect(load(`${MINIMAL}http: {draintimeout: 0}`).http.drainTimeoutMs).toBe(0);
  });

  it('is frozen', () => {
    const config = load(
      `${MINIMAL}notifications: {endpoints: [{name: a, url: http://a, headers: {A: [b]}}]}`,
    );
    const [endpoint] = config.notifications.endpoints;
    for (const part of [
      config,
      config.http,
      config.notifications.endpoints,
      endpoint,
      Reflect.get(endpoint ?? {}, 'headers'),
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('knows endpoints that are files or the standard output', () => {
    const text = `${MINIMAL}notifications:
  endpoints:
    - {name: archive, type: file, path: /var/log/events.ndjson, format: cloudevents, fsync: never, maxline: 64KiB}
    - {name: pipe, type: stdout}
`;
    const { notifications } = load(text);
    expect(notifications.endpoints).toMatchObject([
      {
        type: 'file',
        path: '/var/log/events.ndjson',
        format: 'cloudevents',
        fsync: 'never',
        maxLineBytes: 65_536,
      },
      { type: 'stdout', format: 'distribution.v1' },
    ]);
    expect(() => checkedOptions({ endpoints: notifications.endpoints })).not.toThrow();
  });

  it('lets endpoints share settings by an anchor, and a variable change one of them alone', () => {
    const text = `${MINIMAL}notifications:
  endpoints:
    - &first {name: one, url: http://one, ignore: {actions: [pull]}}
    - {<<: *first, name: two}
`;
    const config = load(text, { REGISTRY_NOTIFICATIONS_ENDPOINTS_1_IGNORE_ACTIONS_0: 'mount' });
    expect(
      config.notifications.endpoints.map((endpoint) => [
        endpoint.name,
        Reflect.get(endpoint, 'url'),
        endpoint.ignore?.actions,
      ]),
    ).toEqual([
      ['one', 'http://one', ['pull']],
      ['two', 'http://one', ['mount']],
    ]);
  });
});
