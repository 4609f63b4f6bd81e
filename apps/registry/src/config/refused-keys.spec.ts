import { describe, expect, it } from 'vitest';

import { ConfigError } from './config.error.js';
import { loadConfig } from './load-config.js';

const PATH = '/etc/config.yml';

function messageFor(text: string, environment: Record<string, string> = {}): string {
  const readFile = (path: string): string => {
    if (path !== PATH) {
      throw Object.assign(new Error('hunter2'), { code: 'ENOENT' });
    }
    return text;
  };
  try {
    loadConfig({ path: PATH, environment, readFile });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', source: PATH });
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

const HEAD = 'version: 0.1\n';
const STORAGE = 'storage: {filesystem: {rootdirectory: /data}}\n';
const GOOD = HEAD + STORAGE;

describe('what would be dangerous to ignore is refused by name, with the reason:', () => {
  it.each<[string, string, RegExp]>([
    [
      'auth',
      `${GOOD}auth: {htpasswd: {realm: basic, path: /hunter2}}`,
      /auth \(line 3\): .*everybody could push, pull and delete/,
    ],
    [
      'http.tls',
      `${GOOD}http: {tls: {certificate: /hunter2}}`,
      /http\.tls \(line 3\): .*in clear; terminate TLS in a proxy/,
    ],
    [
      'proxy',
      `${GOOD}proxy: {remoteurl: "https://hunter2"}`,
      /proxy \(line 3\): .*cannot fetch from another registry/,
    ],
    [
      'middleware',
      `${GOOD}middleware: {repository: [{name: hunter2}]}`,
      /middleware \(line 3\): .*loads no middleware/,
    ],
    ['inmemory', `${HEAD}storage: {inmemory: }`, /storage\.inmemory \(line 2\): .*gone after a restart/],
    ['inmemory by name', `${HEAD}storage: inmemory`, /storage\.inmemory \(line 2\): /],
    ['s3', `${HEAD}storage: {s3: {secretkey: hunter2}}`, /storage\.s3 \(line 2\): .*in the filesystem alone/],
    ['azure', `${HEAD}storage: {azure: {accountkey: hunter2}}`, /storage\.azure \(line 2\): /],
    ['gcs', `${HEAD}storage: {gcs: {bucket: hunter2}}`, /storage\.gcs \(line 2\): /],
    [
      'a unix socket',
      `${GOOD}http: {net: unix, addr: /hunter2}`,
      /http\.net \(line 3\): found other text; expected tcp: Herald does not listen on unix sockets/,
    ],
    ['redis', `${GOOD}redis: {password: hunter2}`, /redis \(line 3\): .*needs no Redis/],
    [
      'mail hooks of the log',
      `${GOOD}log: {hooks: [{type: mail}]}`,
      /log\.hooks \(line 3\): .*sends no mail/,
    ],
  ])('%s', (_, text, message) => {
    const whole = messageFor(text);
    expect(whole).toMatch(message);
    expect(whole).not.toMatch(/hunter2/);
  });

  it.each<[string, RegExp]>([
    ['REGISTRY_AUTH', /auth \(set by REGISTRY_AUTH\): /],
    ['REGISTRY_AUTH_HTPASSWD_PATH', /auth \(set by REGISTRY_AUTH_HTPASSWD_PATH\): /],
    ['REGISTRY_HTTP_TLS_CERTIFICATE', /http\.tls \(set by REGISTRY_HTTP_TLS_CERTIFICATE\): /],
    ['REGISTRY_PROXY_REMOTEURL', /proxy \(set by REGISTRY_PROXY_REMOTEURL\): /],
    ['REGISTRY_STORAGE', /storage\.floppy \(set by REGISTRY_STORAGE\): found an unknown key/],
    ['REGISTRY_STORAGE_S3_SECRETKEY', /storage\.s3 \(set by REGISTRY_STORAGE_S3_SECRETKEY\): /],
  ])('by a variable too: %s', (variable, message) => {
    expect(messageFor(GOOD, { [variable]: 'floppy' })).toMatch(message);
  });

  it.each([
    'auth:',
    'auth: {}',
    'http: {tls: {certificate: ""}}',
    'http: {http2: {disabled: false}}',
    'middleware: []',
    'proxy: {}',
  ])('but not when it configures nothing: %s', (setting) => {
    expect(() => loadConfig({ path: PATH, environment: {}, readFile: () => GOOD + setting })).not.toThrow();
  });
});
