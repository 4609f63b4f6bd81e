import { describe, expect, it } from 'vitest';

import { loadConfig } from './load-config.js';
import type { RegistryConfig } from './registry-config.js';

const MINIMAL = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\n';

function load(text: string | undefined, environment: Record<string, string> = {}): RegistryConfig {
  const path = text === undefined ? undefined : '/etc/config.yml';
  return loadConfig({ path, environment, readFile: () => text ?? '' }).config;
}

describe('what is accepted without effect', () => {
  it('is named with its place and what that means', () => {
    const config = load(`
version: 0.1
storage:
  filesystem: {rootdirectory: /data, maxthreads: 100}
  cache: {blobdescriptor: redis}
  redirect: {disable: false}
  tag: {concurrencylimit: 8}
health: {file: [{file: /tmp/x, interval: 1s}], http: [{uri: http://x, statuscode: 200}], tcp: [{addr: "db:5432"}]}
validation: {enabled: true}
`);
    expect(config.warnings.map(({ path }) => path).toSorted()).toEqual([
      'health',
      'storage.cache',
      'storage.filesystem.maxthreads',
      'storage.redirect',
      'storage.tag',
      'validation.enabled',
    ]);
    expect(
      config.warnings.every(
        ({ message, line }) => message.startsWith('accepted, without effect: ') && line !== undefined,
      ),
    ).toBe(true);
  });

  it('are variables that match nothing; those of Kubernetes share a line', () => {
    const config = load(undefined, {
      REGISTRY_PORT: 'tcp://10.0.0.1:5000',
      REGISTRY_SERVICE_HOST: '10.0.0.1',
      REGISTRY_SERVICE_PORT: '5000',
      REGISTRY_SERVICE_PORT_HTTP: '5000',
      REGISTRY_PORT_5000_TCP: 'tcp://10.0.0.1:5000',
      REGISTRY_PORT_5000_TCP_ADDR: '10.0.0.1',
      REGISTRY_AUTH_SERVICE_HOST: '10.0.0.2',
      REGISTRY_AUTH_PORT_5001_TCP_PROTO: 'tcp',
      REGISTRY_LOG_FIELDS_PORT: 'tcp://10.0.0.3:1',
      REGISTRY_HTTP_ADR: ':1',
      REGISTRY_VERSION: '2.8.3',
      REGISTRY_CONFIGURATION_PATH: '/etc/config.yml',
      OTHER_PORT: '1',
    });
    expect(config.warnings.map(({ path }) => path)).toEqual([
      'REGISTRY_HTTP_ADR',
      'REGISTRY_VERSION',
      'REGISTRY_*',
    ]);
    expect(config.warnings[2]?.message).toMatch(
      /REGISTRY_PORT, .*REGISTRY_PORT_5000_TCP_ADDR.*REGISTRY_SERVICE_HOST/,
    );
    expect(config.warnings[2]?.message).not.toMatch(/CONFIGURATION_PATH|OTHER_PORT|10\.0\.0/);
    expect(config.log.fields).toEqual({});
  });

  it('are metrics without an address to be served on', () => {
    const config = load(`${MINIMAL}http: {debug: {prometheus: {enabled: true}}}`);
    expect(config.http.debug).toBeUndefined();
    expect(config.warnings).toMatchObject([{ path: 'http.debug.prometheus', line: 3 }]);
  });
});
