import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config.error.js';
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

function messageFor(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.message;
    }
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('a variable with a bad value stops the start and is named', () => {
  it.each<[string, string, string]>([
    [
      'REGISTRY_LOG_LEVEL',
      'loud',
      'log.level (set by REGISTRY_LOG_LEVEL): found another word; expected one of error',
    ],
    [
      'REGISTRY_HTTP_DRAINTIMEOUT',
      '5',
      'http.draintimeout (set by REGISTRY_HTTP_DRAINTIMEOUT): found a number without a unit',
    ],
    ['REGISTRY_HTTP', 'hunter2', 'http (set by REGISTRY_HTTP): found text; expected a mapping of keys'],
    [
      'REGISTRY_HTTP',
      '{hunter2',
      'http (set by REGISTRY_HTTP): found a missing character, such as a closing quote or bracket; expected well-formed YAML',
    ],
    ['REGISTRY_HTTP', '{adr: hunter2}', 'http.adr (set by REGISTRY_HTTP): found an unknown key'],
    [
      'REGISTRY_STORAGE_DELETE_ENABLED',
      'perhaps',
      'storage.delete.enabled (set by REGISTRY_STORAGE_DELETE_ENABLED): found text; expected true or false',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL',
      'ftp://hunter2',
      'notifications.endpoints[0].url (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL): found other text',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_0_HEADERS_AUTHORIZATION',
      'Bearer hunter2',
      'notifications.endpoints[0].headers.Authorization (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_0_HEADERS_AUTHORIZATION): found text; expected a list of values',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_0_IGNORE_ACTIONS_5',
      'pull',
      'notifications.endpoints[0].ignore.actions (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_0_IGNORE_ACTIONS_5): found a larger one; expected an index of at most 2',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_3_URL',
      'http://x',
      'notifications.endpoints (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_3_URL): found a larger one; expected an index of at most 2',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_2_URL',
      'http://x',
      'notifications.endpoints[2].name (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_2_URL): found nothing',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS_1_NAME',
      'first',
      'notifications.endpoints[1].name (set by REGISTRY_NOTIFICATIONS_ENDPOINTS_1_NAME): found a duplicate endpoint name',
    ],
    [
      'REGISTRY_NOTIFICATIONS_ENDPOINTS',
      'none',
      'notifications.endpoints (set by REGISTRY_NOTIFICATIONS_ENDPOINTS): found text; expected a list',
    ],
  ])('%s=%s', (variable, value, message) => {
    const whole = messageFor({ [variable]: value });
    expect(whole).toContain(message);
    expect(whole).not.toContain('hunter2');
  });

  it('but not one that Kubernetes could have set', () => {
    const of = [
      'PORT',
      'SERVICE_HOST',
      'SERVICE_PORT',
      'PORT_5000_TCP',
      'PORT_5000_TCP_ADDR',
      'PORT_5000_TCP_PORT',
      'PORT_5000_TCP_PROTO',
    ];
    const services = [
      '',
      'HTTP_',
      'AUTH_',
      'PROXY_',
      'STORAGE_S3_',
      'NOTIFICATIONS_ENDPOINTS_0_HEADERS_',
      'HTTP_TLS_',
      'LOG_FIELDS_',
    ];
    const variables = services.flatMap((service) => of.map((name) => `REGISTRY_${service}${name}`));
    const { warnings: _, ...before } = load({});
    const { warnings, ...after } = load(
      Object.fromEntries(variables.map((variable) => [variable, 'tcp://10.0.0.1:5000'])),
    );
    expect(after).toEqual(before);
    expect(warnings).toHaveLength(1);
    for (const variable of variables) {
      expect(warnings[0]?.message).toContain(variable);
    }
  });
});
