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

/** The third line is the endpoint's. */
function endpoint(settings: string): string {
  return `${GOOD}notifications: {endpoints: [{name: a, url: "http://a", ${settings}}]}`;
}

const url = (text: string): string => `${GOOD}notifications: {endpoints: [{name: a, url: "${text}"}]}`;
const AT_URL =
  'notifications.endpoints[0].url (line 3): found other text; expected an absolute http or https URL with a host';
const AT = 'notifications.endpoints[0]';

describe('a configuration is rejected, by path and with what was expected:', () => {
  it.each<[string, string, string]>([
    ['an empty file', '', 'version: found nothing; expected 0.1'],
    ['no version', STORAGE, 'version: found nothing; expected 0.1'],
    ['another version', `version: 0.2\n${STORAGE}`, 'version (line 1): found another version; expected 0.1'],
    [
      'a version like it',
      `version: 0.10\n${STORAGE}`,
      'version (line 1): found another version; expected 0.1',
    ],
    [
      'a list',
      '- version: 0.1',
      'the file: found something else; expected a mapping of keys, with version: 0.1',
    ],
    [
      'broken YAML',
      `${GOOD}log: {level: "hunter2`,
      'the file (line 3): found a missing character, such as a closing quote or bracket; expected well-formed YAML',
    ],
    [
      'a key twice',
      `${GOOD}${STORAGE}`,
      'the file (line 3): found a key that stands there twice; expected well-formed YAML',
    ],

    [
      'an unknown section',
      `${GOOD}notification: {}`,
      'notification (line 3): found an unknown key; expected one of admin, catalog, database, gc, health, http, log, notifications, storage, tags, validation, version (did you mean notifications?)',
    ],
    [
      'an unknown key',
      `${GOOD}http: {adr: ":1"}`,
      'http.adr (line 3): found an unknown key; expected one of addr,',
    ],
    ['a key of no one', `${GOOD}http: {frobnicate: 1}`, 'relativeurls, secret, trustedproxies\n'],
    ['a key in camel case', `${GOOD}http: {drainTimeout: 1s}`, '(did you mean draintimeout?)'],
    ['an unknown key of an endpoint', endpoint('uri: x'), `${AT}.uri (line 3): found an unknown key`],
    [
      'a key that JavaScript knows',
      `${GOOD}http: {toString: 1, constructor: 2, __proto__: 3}`,
      'http.constructor (line 3): found an unknown key',
    ],
    [
      'a URL where a key should be',
      `${GOOD}http: {"https://hunter2@x": 1}`,
      'http.(a key that is not shown) (line 3): found an unknown key',
    ],

    ['a number for a section', `${GOOD}http: 5`, 'http (line 3): found a number; expected a mapping of keys'],
    ['a list for a section', `${GOOD}http: [1]`, 'http (line 3): found a list; expected a mapping of keys'],
    [
      'a number for a path',
      `${HEAD}storage: {filesystem: {rootdirectory: 42}}`,
      'storage.filesystem.rootdirectory (line 2): found a number; expected the path of a directory',
    ],
    [
      'text for a flag',
      `${GOOD}http: {relativeurls: maybe}`,
      'http.relativeurls (line 3): found text; expected true or false',
    ],
    [
      'a number for a flag',
      `${HEAD}storage: {filesystem: , delete: {enabled: 1}}`,
      'storage.delete.enabled (line 2): found a number; expected true or false',
    ],
    [
      'text for a number',
      endpoint('threshold: many'),
      `${AT}.threshold (line 3): found text; expected a whole number`,
    ],
    [
      'a fraction for a count',
      endpoint('threshold: 1.5'),
      `${AT}.threshold (line 3): found another number; expected a whole number`,
    ],
    [
      'an unknown word',
      `${GOOD}log: {level: wran}`,
      'log.level (line 3): found another word; expected one of error, warn, info, debug (did you mean warn?)',
    ],
    [
      'an unknown format',
      endpoint('format: distribution.v3'),
      `${AT}.format (line 3): found another word; expected one of distribution.v1, distribution.v2, cloudevents`,
    ],
    [
      'a mapping for endpoints',
      `${GOOD}notifications: {endpoints: {a: b}}`,
      'notifications.endpoints (line 3): found a mapping; expected a list, each item an endpoint: a mapping of keys',
    ],
    [
      'text for an endpoint',
      `${GOOD}notifications: {endpoints: [a]}`,
      `${AT} (line 3): found text; expected an endpoint: a mapping of keys`,
    ],
    [
      'a field of the log that is a mapping',
      `${GOOD}log: {fields: {a: {b: c}}}`,
      'log.fields.a (line 3): found a mapping; expected text of one line',
    ],

    [
      'no name',
      `${GOOD}notifications: {endpoints: [{url: "http://a"}]}`,
      `${AT}.name (line 3): found nothing; expected a name of at most 128 characters`,
    ],
    [
      'no URL',
      `${GOOD}notifications: {endpoints: [{name: a}]}`,
      `${AT}.url (line 3): found nothing; expected an absolute http or https URL with a host`,
    ],
    [
      'a duplicate name',
      `${GOOD}notifications: {endpoints: [{name: a, url: "http://a"}, {name: a, url: "http://b"}]}`,
      'notifications.endpoints[1].name (line 3): found a duplicate endpoint name; expected a name of its own; notifications.endpoints[0] has this one',
    ],
    ['a URL without a scheme', url('hunter2.test:8080/x'), AT_URL],
    ['a URL of another scheme', url('ftp://hunter2@host/hunter2'), AT_URL],
    ['a URL without a host', url('http:///hunter2'), AT_URL],
    ['a URL with a space', url('http://host/hunter2 x'), AT_URL],
    ['a path alone', url('/hunter2'), AT_URL],

    [
      'a single header value',
      endpoint('headers: {Authorization: Bearer hunter2}'),
      `${AT}.headers.Authorization (line 3): found text; expected a list of values; write a single one as a list too: [ … ]`,
    ],
    [
      'a header with a line break',
      endpoint('headers: {A: ["hunter2\\r\\nB: c"]}'),
      `${AT}.headers.A[0] (line 3): found other text; expected the value of a header, without line breaks`,
    ],
    [
      'a header name with a space',
      endpoint('headers: {"Bearer hunter2": [x]}'),
      `${AT}.headers.(a key that is not shown) (line 3): found another name; expected the name of a header`,
    ],
    [
      'a header that frames the body',
      endpoint('headers: {Content-Length: [1]}'),
      `${AT}.headers.Content-Length (line 3): found another name`,
    ],
    [
      'an unknown action',
      endpoint('ignore: {actions: [pulls]}'),
      `${AT}.ignore.actions[0] (line 3): found another word; expected one of push, pull, mount, delete (did you mean pull?)`,
    ],
    [
      'a single ignored media type',
      endpoint('ignoredmediatypes: a/b'),
      `${AT}.ignoredmediatypes (line 3): found text; expected a list of media types (a single one too is written as a list: [ … ])`,
    ],
    [
      'an impossible filter',
      endpoint('only: {tags: ["/(/"]}'),
      `${AT}.only.tags[0] (line 3): found one that cannot; expected a filter that can be compiled: `,
    ],
    [
      'a filter of unknown targets',
      endpoint('except: [{targets: [tag]}, {targets: [image]}]'),
      `${AT}.except[1].targets[0] (line 3): found one that cannot; expected a filter that can be compiled: must be one of manifest, blob, tag, repository`,
    ],
    ['an empty filter', endpoint('only: {}'), `${AT}.only (line 3): found one that cannot`],

    [
      'a negative duration',
      `${GOOD}http: {draintimeout: -1s}`,
      'http.draintimeout (line 3): found a negative duration; expected a duration of 0 or more',
    ],
    [
      'a bare number as a duration',
      endpoint('timeout: 500'),
      `${AT}.timeout (line 3): found a number without a unit; expected a duration with its unit, such as 500ms or 1m30s (Distribution takes a bare number for nanoseconds; did you mean 500ms or 500s?)`,
    ],
    ['a quoted bare number', endpoint('backoff: "30"'), 'did you mean 30ms or 30s?'],
    [
      'no duration',
      endpoint('timeout: soon'),
      `${AT}.timeout (line 3): found text; expected a duration with its unit, such as 500ms or 1m30s`,
    ],
    [
      'an endless duration',
      endpoint('timeout: 9999h'),
      `${AT}.timeout (line 3): found a longer duration; expected a duration of at most`,
    ],
    [
      'no size',
      `${HEAD}storage: {filesystem: , inline: lots}`,
      'storage.inline (line 2): found text; expected a size such as 16KiB or 64KB',
    ],
    [
      'too large a size',
      `${HEAD}storage: {filesystem: , inline: 1GiB}`,
      'storage.inline (line 2): found a larger one; expected a size such as 16KiB or 64KB, at most 4194304 bytes',
    ],

    [
      'no address',
      `${GOOD}http: {addr: 5000}`,
      'http.addr (line 3): found a number; expected host:port, such as :5000, 127.0.0.1:5000 or [::1]:5000',
    ],
    [
      'a host with a path',
      `${GOOD}http: {host: "https://a/b"}`,
      'http.host (line 3): found other text; expected an http or https URL of scheme and host alone',
    ],
    [
      'a prefix that is no path',
      `${GOOD}http: {prefix: pre/}`,
      'http.prefix (line 3): found other text; expected a path such as /prefix/',
    ],
    [
      'metrics at no path',
      `${GOOD}http: {debug: {prometheus: {path: metrics}}}`,
      'http.debug.prometheus.path (line 3): found other text; expected the path of a page, such as /metrics',
    ],
    [
      'a proxy by name',
      `${GOOD}http: {trustedproxies: [proxy]}`,
      'http.trustedproxies[0] (line 3): found other text; expected an IP address, or a range such as 10.0.0.0/8',
    ],

    [
      'no storage',
      HEAD,
      'storage: found none; expected exactly one storage driver: filesystem, with its rootdirectory',
    ],
    [
      'storage without a driver',
      `${HEAD}storage: {delete: {enabled: true}}`,
      'storage (line 2): found none; expected exactly one storage driver',
    ],
    [
      'two drivers',
      `${HEAD}storage: {filesystem: , s3: {bucket: hunter2}}`,
      'storage (line 2): found filesystem and s3; expected exactly one storage driver',
    ],
    ['an unknown driver', `${HEAD}storage: floppy`, 'storage.floppy (line 2): found an unknown key'],
  ])('%s', (_, text, message) => {
    const whole = messageFor(text);
    expect(`${whole}\n`).toContain(message);
    expect(whole).not.toMatch(/hunter2/);
  });
});

describe('all faults', () => {
  it('are in one message, in the order of their paths, one a path', () => {
    const endpoints = Array.from({ length: 11 }, (_, index) => `{name: n${index}, url: x}`).join(', ');
    const whole = messageFor(
      `version: 0.2\nstorage: {s3: }\nhttp: {addr: x, tls: {a: b}}\nnotifications: {endpoints: [${endpoints}]}`,
      {
        REGISTRY_LOG_LEVEL: 'loud',
      },
    );
    const [heading, ...lines] = whole.split('\n');
    expect(heading).toBe(`${PATH} cannot be used: 16 faults`);
    expect(lines.map((line) => line.trim().split(/[ :]/)[0])).toEqual([
      'http.addr',
      'http.tls',
      'log.level',
      ...Array.from({ length: 11 }, (_, index) => `notifications.endpoints[${index}].url`),
      'storage.s3',
      'version',
    ]);
  });

  it('say that the file itself cannot be read', () => {
    const readFile = (): string => {
      throw Object.assign(new Error('hunter2'), { code: 'ENOENT' });
    };
    expect(() => loadConfig({ path: PATH, environment: {}, readFile })).toThrow(
      `${PATH} cannot be used: 1 fault\n  the file: found no such file; expected a file that can be read`,
    );
  });
});
