import { describe, expect, it } from 'vitest';

import { ConfigError } from './config.error.js';
import { loadConfig, type LoadedConfig } from './load-config.js';

const KEY = `whsec_${Buffer.from('planted-planted-planted-').toString('base64')}`;

/** A certificate of one's own, and its key. For tests alone: it protects nothing. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVIZXJhbGQg
dGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa
MBQxEjAQBgNVBAMMCTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BAPEqTk+gDonDFtQCypvM7QPIVd5V9NLaaW6vNd913fNcOqoswJOgrITv+57qPTT
iDhKKZvzFhL7bDgV4sHxH0GjczBxMBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9z
dDATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUELJyPVa10NN7wxF3IfLz
14leadYwHwYDVR0jBBgwFoAUujoW9OdEUK/BP2kq+XemOWNp/0owCgYIKoZIzj0E
AwIDSAAwRQIhAKPiW3od7mfHKP7GbGXY4t86xfy+t/ve+HERWoeMAFBkAiA6c4nU
Tv816d1LSOCx7W+m/DD3tzm9UVU515ktA0pPKA==
-----END CERTIFICATE-----
`;
const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgC7I2Pqmdb1g1CC2o
2QsqVuEN5vQww2rZrJsEXNY8mO+hRANCAAQDxKk5PoA6JwxbUAsqbzO0DyFXeVfT
S2mlurzXfdd3zXDqqLMCToKyE7/ue6j004g4Simb8xYS+2w4FeLB8R9B
-----END PRIVATE KEY-----
`;

const FILES = { '/run/key': `${KEY}\n`, '/run/tls.crt': CERTIFICATE, '/run/tls.key': PRIVATE_KEY };

function load(
  endpoint: string,
  { notifications = '', files = FILES }: { notifications?: string; files?: Record<string, string> } = {},
): LoadedConfig {
  const text = `version: 0.1
storage: {filesystem: {rootdirectory: /data}}
notifications:
${notifications}  endpoints:
    - {name: a, url: "https://hook.example", ${endpoint}}
`;
  const contents: Record<string, string> = { ...files, '/etc/config.yml': text };
  const readFile = (path: string): string => {
    const content = contents[path];
    if (content === undefined) {
      throw Object.assign(new Error('planted'), { code: 'ENOENT' });
    }
    return content;
  };
  return loadConfig({ path: '/etc/config.yml', environment: { KEY, CA: CERTIFICATE }, readFile });
}

function faultsOf(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) {
      return error;
    }
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the trust of an endpoint', () => {
  it('is in keys that lie in files and variables, and are not shown', () => {
    const { config, effective } = load(`signing: {keys: ["file:/run/key", "env:KEY", "${KEY}"]}`);
    expect(config.notifications.endpoints[0]).toHaveProperty('signing', { keys: [KEY, KEY, KEY] });
    expect(JSON.stringify(effective)).not.toContain('whsec');
    expect(effective).toMatchObject({
      notifications: { endpoints: [{ signing: { keys: ['[redacted]', '[redacted]', '[redacted]'] } }] },
    });
  });

  it('is in certificates, which are read again where they lie when they change', () => {
    const { config, effective } = load(
      'tls: {ca: "env:CA", certificate: "file:/run/tls.crt", key: "file:///run/tls.key", minimumtls: tls1.3, servername: hook.internal}',
    );
    expect(config.notifications.endpoints[0]).toHaveProperty('tls', {
      ca: CERTIFICATE,
      cert: { file: '/run/tls.crt' },
      key: { file: '/run/tls.key' },
      minVersion: 'TLSv1.3',
      serverName: 'hook.internal',
    });
    expect(JSON.stringify(effective)).not.toContain('BEGIN');
  });

  it('is in addresses, for all endpoints and for one', () => {
    const { config } = load('addresses: {allow: [10.0.0.0/8]}', {
      notifications: '  addresses: {deny: [any, "fe80::/10"]}\n',
    });
    expect(config.notifications.addresses).toEqual({ allow: [], deny: ['any', 'fe80::/10'] });
    expect(config.notifications.endpoints[0]).toHaveProperty('addresses', {
      allow: ['10.0.0.0/8'],
      deny: [],
    });
  });

  it.each([
    ['signing: {keys: ["file:/run/none"]}', 'signing.keys[0]', 'can be read'],
    ['signing: {keys: [planted]}', 'signing.keys[0]', 'must begin with whsec_ or whsk_'],
    ['signing: {keys: [whsec_planted]}', 'signing.keys[0]', 'must have'],
    ['signing: {keys: whsec_planted}', 'signing.keys', 'a list of signing keys'],
    ['addresses: {deny: [planted.example]}', 'addresses.deny[0]', 'an IP address, a range'],
    ['tls: {ca: planted}', 'tls.ca', 'must be a certificate'],
    ['tls: {ca: "file:/run/key"}', 'tls.ca', 'must be a certificate'],
    [
      'tls: {certificate: "file:/run/none", key: "file:/run/tls.key"}',
      'tls.certificate',
      'a file that can be read',
    ],
    ['tls: {certificate: "file:/run/tls.crt"}', 'tls.key', 'must come with certificate'],
    ['tls: {certificate: "file:/run/tls.crt", key: "file:/run/key"}', 'tls.key', 'a private key'],
    ['tls: {key: 7}', 'tls.key', 'in PEM'],
    ['tls: {minimumtls: tls1.0}', 'tls.minimumtls', 'one of tls1.2, tls1.3'],
    ['tls: {servername: 127.0.0.1}', 'tls.servername', 'the name of a host'],
  ])('is refused in %s, by its place and without its value', (endpoint, path, expected) => {
    const error = faultsOf(() => load(endpoint));
    expect(error.faults).toHaveLength(1);
    expect(error.faults[0]).toMatchObject({
      path: `notifications.endpoints[0].${path}`,
      expected: expect.stringContaining(expected) as string,
    });
    expect(error.message).not.toContain('planted');
  });
});
