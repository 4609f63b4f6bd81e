import { describe, expect, it } from 'vitest';
import { TEST_AUTHORITY, TEST_CERTIFICATE } from '../test/test-certificate.js';
import { checkedOptions } from './notifications.options-check.js';
import { NotificationsError } from './notifications.error.js';
import type { EndpointOptions, NotificationsOptions } from './notifications.options.js';

const ENDPOINT: EndpointOptions = { name: 'a', url: 'https://user:pa55@example.org/s3cret?x=s3cret' };

function faultsOf(...endpoints: readonly object[]): string {
  try {
    checkedOptions({ endpoints: endpoints as readonly EndpointOptions[] });
  } catch (error) {
    if (error instanceof NotificationsError && error.code === 'OPTIONS_INVALID') return error.message;
    throw error;
  }
  return '';
}

const faultOf = (wrong: object) => faultsOf({ ...ENDPOINT, ...wrong });

describe('checkedOptions', () => {
  it('takes every setting as it is described', () => {
    const options: NotificationsOptions = {
      userAgent: 'Shop/1',
      drainTimeoutMs: 0,
      endpoints: [
        ENDPOINT,
        {
          name: 'all settings',
          url: 'http://[::1]:8080/hook',
          disabled: false,
          headers: { 'X-Token': ['a', 'b'] },
          timeoutMs: 1,
          threshold: 1,
          backoffMs: 1,
          maxBackoffMs: 1,
          maxRetryAfterMs: 0,
          maxAttempts: 1,
          concurrency: 1,
          ordering: 'endpoint',
          redirects: 'accept',
          schedule: [0, 1_000],
          format: 'cloudevents',
          ignore: { mediaTypes: ['application/octet-stream'], actions: ['pull'] },
          cloudevents: { mode: 'binary', source: 'https://registry.example' },
          layout: 'compact',
          only: { repositories: ['library/**'] },
          except: [{ tags: ['/^v\\d+$/'] }, { actions: ['pull'] }],
          tls: {
            ca: [TEST_AUTHORITY],
            ...TEST_CERTIFICATE,
            minVersion: 'TLSv1.3',
            serverName: 'hook.example',
          },
          signing: { keys: [`whsec_${Buffer.alloc(24).toString('base64')}`] },
          addresses: { allow: ['169.254.0.0/16'], deny: ['private', '::1'] },
        },
      ],
    };
    expect(checkedOptions(options)).toBe(options);
    expect(checkedOptions({ endpoints: [] })).toEqual({ endpoints: [] });
  });

  it('takes endpoints of every type, each with what belongs to it', () => {
    const endpoints: readonly EndpointOptions[] = [
      { name: 'file', type: 'file', path: '/var/log/events.ndjson', fsync: 'never', maxLineBytes: 65_536 },
      { name: 'output', type: 'stdout', format: 'cloudevents', batch: { maxEvents: 10 } },
      { name: 'handlers', type: 'emitter', timeoutMs: 1_000, only: { types: ['orders.**'] } },
      { name: 'queue', type: 'custom', transport: Symbol('queue') },
    ];
    expect(faultsOf(...endpoints)).toBe('');
    const faults = faultsOf(
      { name: 'a', type: 'file', url: 'https://s3cret' },
      { name: 'b', type: 'emitter', path: '/s3cret' },
      { name: 'c', type: 'custom' },
      { ...ENDPOINT, name: 'w', transport: 's3cret' },
      { name: 'd', type: 'file', path: '/s3cret' },
      { name: 'e', type: 'file', path: '/./s3cret' },
    );
    expect(faults.split('\n- ').slice(1)).toEqual([
      'endpoints[0].path: an endpoint of the type file needs it',
      'endpoints[0].url: an endpoint of the type file has no use for it',
      'endpoints[1].path: an endpoint of the type emitter has no use for it',
      'endpoints[2].transport: an endpoint of the type custom needs it',
      'endpoints[3].transport: an endpoint of the type webhook has no use for it',
      'endpoints[5].path: another endpoint writes to this file',
    ]);
    expect(faultOf({ type: 'queue' })).toContain('endpoints[0].type');
  });

  it.each<[string, object, string]>([
    ['a URL that is none', { url: 's3cret' }, 'endpoints[0].url: url must be an http or https URL'],
    [
      'a URL of another protocol',
      { url: 'file:///s3cret' },
      'endpoints[0].url: url must be an http or https URL',
    ],
    ['an empty name', { name: '' }, 'endpoints[0].name: '],
    ['a time that is negative', { timeoutMs: -1 }, 'endpoints[0].timeoutMs: '],
    ['a time that is no number', { backoffMs: 's3cret' }, 'endpoints[0].backoffMs: '],
    ['a threshold of none', { threshold: 0 }, 'endpoints[0].threshold: '],
    ['a wait longer than timers take', { maxBackoffMs: 2 ** 31 }, 'endpoints[0].maxBackoffMs: '],
    ['a schedule without waits', { schedule: [] }, 'endpoints[0].schedule: '],
    ['a schedule with a negative wait', { schedule: [5, -1] }, 'endpoints[0].schedule: '],
    ['an ordering that does not exist', { ordering: 's3cret' }, 'endpoints[0].ordering: '],
    ['a format that does not exist', { format: 's3cret' }, 'endpoints[0].format: '],
    ['headers that are no lists', { headers: { 'X-Token': 's3cret' } }, 'endpoints[0].headers: '],
    ['a header with a line break', { headers: { 'X-Token': ['s3cret\r\nX: y'] } }, 'endpoints[0].headers: '],
    ['a header name with a space', { headers: { 's3cret name': ['x'] } }, 'endpoints[0].headers: '],
    ['an ignore list that is none', { ignore: { actions: 's3cret' } }, 'endpoints[0].ignore.actions: '],
    ['an authority that is none', { tls: { ca: 7 } }, 'endpoints[0].tls.ca: '],
    ['an authority that cannot be read', { tls: { ca: 's3cret' } }, 'endpoints[0].tls.ca: '],
    ['a certificate without its key', { tls: { cert: TEST_CERTIFICATE.cert } }, 'endpoints[0].tls.key: '],
    ['a TLS version of the past', { tls: { minVersion: 'TLSv1' } }, 'endpoints[0].tls.minVersion: '],
    [
      'a server name that is an address',
      { tls: { serverName: '127.0.0.1' } },
      'endpoints[0].tls.serverName: ',
    ],
    ['a signing key that is none', { signing: { keys: ['s3cret'] } }, 'endpoints[0].signing.keys[0]: '],
    ['signing without keys', { signing: {} }, 'endpoints[0].signing.keys: '],
    [
      'an address that is none',
      { addresses: { deny: ['10.0.0.1', 's3cret'] } },
      'endpoints[0].addresses.deny[1]: ',
    ],
    ['a mode that does not exist', { cloudevents: { mode: 's3cret' } }, 'endpoints[0].cloudevents.mode: '],
    ['a setting that does not exist', { treshold: 3 }, 'endpoints[0].treshold: '],
    ['a pattern that cannot be compiled', { only: { tags: ['/(/'] } }, 'endpoints[0].only.tags[0]: '],
    [
      'an action that does not exist',
      { except: [{ actions: ['pulled'] }] },
      'endpoints[0].except[0].actions[0]: ',
    ],
  ])('refuses %s, by its path and without its value', (_name, wrong, message) => {
    const fault = faultOf(wrong);
    expect(fault).toContain(message);
    expect(fault).not.toMatch(/s3cret|pa55/);
  });

  it('refuses addresses for all endpoints that are none', () => {
    expect(() => checkedOptions({ endpoints: [], addresses: { allow: ['s3cret'] } })).toThrow(
      /addresses\.allow\[0\]: must be an IP address/,
    );
  });

  it('refuses two endpoints of one name', () => {
    expect(faultsOf(ENDPOINT, { ...ENDPOINT, url: 'http://other.example' })).toContain(
      'endpoints: endpoints must each have another name',
    );
  });

  it('names all faults at once', () => {
    const faults = faultsOf({ name: 'a', url: '' }, { ...ENDPOINT, name: 'b', timeoutMs: 0 });
    expect(faults).toContain('endpoints[0].url');
    expect(faults).toContain('endpoints[1].timeoutMs');
  });

  it.each([undefined, null, 'text', [null], [7]])('refuses endpoints that are %j', (endpoints) => {
    expect(() => checkedOptions({ endpoints } as never)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });
});
