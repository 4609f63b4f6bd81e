import { hostname } from 'node:os';
import type { WebhookOptions } from '@herald/notifications';
import { describe, expect, it } from 'vitest';

import { ConfigError } from './config.error.js';
import { loadConfig, type LoadedConfig } from './load-config.js';

function load(endpoint: string, rest = '', environment: Record<string, string> = {}): LoadedConfig {
  const text = `version: 0.1
storage: {filesystem: {rootdirectory: /data}}
notifications: {${rest}endpoints: [{name: a, url: "https://hook.test/", ${endpoint}}]}
`;
  return loadConfig({ path: '/etc/config.yml', environment, readFile: () => text });
}

const only = ({ config }: LoadedConfig) => config.notifications.endpoints[0] as WebhookOptions | undefined;

describe('the way to an endpoint', () => {
  it('goes by the environment’s proxy, as in Distribution, unless the file says otherwise', () => {
    expect(only(load(''))?.proxy).toBe('environment');
    expect(only(load('', 'proxy: none, '))?.proxy).toBe('none');
    expect(only(load('', 'proxy: "http://p.test:3128", '))?.proxy).toBe('http://p.test:3128');
    expect(only(load('proxy: environment', 'proxy: none, '))?.proxy).toBe('environment');
  });

  it('may have its proxy’s credentials in a variable, and shows none of them', () => {
    const loaded = load('proxy: "env:VIA"', 'proxy: "http://us:hunter2@all.test", ', {
      VIA: 'http://us:hunter2@own.test:3128',
    });
    expect(only(loaded)?.proxy).toBe('http://us:hunter2@own.test:3128');
    const shown = JSON.stringify(loaded.effective);
    expect(shown).toContain('"http://own.test:3128"');
    expect(shown).toContain('"http://all.test"');
    expect(shown).not.toContain('hunter2');
    expect(JSON.stringify(load('').effective)).toContain('"proxy":"environment"');
  });

  it.each(['socks5://hunter2', 'http://p.test/hunter2', 'hunter2', 'http://p.test?x=hunter2', ''])(
    'is refused with a proxy that is none, which is not shown: %s',
    (proxy) => {
      expect(() => load(`proxy: ${JSON.stringify(proxy)}`)).toThrow(ConfigError);
      expect(() => load(`proxy: ${JSON.stringify(proxy)}`)).not.toThrow(/hunter2/);
    },
  );

  it('is asked for under the registry’s public name, or else the machine’s', () => {
    expect(only(load('handshake: true'))?.handshake).toEqual({ origin: hostname() });
    const environment = { REGISTRY_HTTP_HOST: 'https://hub.acme.test:8443' };
    expect(only(load('handshake: true', '', environment))?.handshake).toEqual({ origin: 'hub.acme.test' });
    expect(only(load(''))?.handshake).toBeUndefined();
  });

  it('has limits of time for its stages', () => {
    expect(only(load(''))?.timeouts).toEqual({ connectMs: 10_000 });
    expect(only(load('timeouts: {connect: 0, firstbyte: 0}'))?.timeouts).toEqual({ connectMs: 10_000 });
    expect(() => load('timeouts: {connect: soon}')).toThrow(ConfigError);
    expect(() => load('compression: brotli')).toThrow(ConfigError);
  });
});
