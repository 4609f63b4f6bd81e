import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import type { Origin } from '@herald/notifications/registry';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import type { RegistryConfig } from '../config/registry-config.js';
import { RequestContexts } from './request-context.js';
import { publicBase, RequestOrigin } from './request-origin.js';

/** What of the configuration an origin reads. */
interface Settings {
  readonly host?: string;
  readonly prefix?: string;
  readonly relativeUrls?: boolean;
  readonly compatibility?: 'herald' | 'distribution';
}

const FORWARDED = {
  'x-forwarded-for': '6.6.6.6, 203.0.113.7, 127.0.0.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'reg.example',
};

describe('RequestOrigin', () => {
  let warned: MockInstance;

  beforeEach(() => {
    warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const originFor = (settings: Settings = {}) => {
    const contexts = new RequestContexts();
    const { compatibility = 'herald', prefix = '', relativeUrls = false, host } = settings;
    const http = { host, prefix, relativeUrls, trustedProxies: ['127.0.0.0/8', '::1/128'] };
    const config = { http, notifications: { compatibility } } as unknown as RegistryConfig;
    const origin = new RequestOrigin(contexts, config);
    return (peer: string, headers: Record<string, string> = {}): Origin => {
      const raw = {
        method: 'PUT',
        headers: { host: 'reg:5000', 'user-agent': 'client/1', ...headers },
        socket: { remoteAddress: peer, remotePort: 4711 },
      } as unknown as IncomingMessage;
      let current: Origin | undefined;
      contexts.run({ id: 'r1', raw, contentType: undefined, startedMs: 0 }, () => {
        current = origin.current();
      });
      if (current === undefined) throw new Error('there is no origin');
      return current;
    };
  };

  it('names the peer, the host and the client of a request that came straight here', () => {
    expect(originFor()('203.0.113.9')).toEqual({
      request: { id: 'r1', addr: '203.0.113.9:4711', host: 'reg:5000', method: 'PUT', useragent: 'client/1' },
      actor: {},
      urlBase: 'http://reg:5000',
    });
    expect(originFor()('::ffff:203.0.113.9').request.addr).toBe('203.0.113.9:4711');
    expect(originFor()('2001:db8::9').request.addr).toBe('[2001:db8::9]:4711');
  });

  it('believes a trusted proxy, as far as the last address that no trusted proxy vouches for', () => {
    const { request, urlBase } = originFor()('127.0.0.1', FORWARDED);
    expect(request.addr).toBe('203.0.113.7');
    expect(urlBase).toBe('https://reg.example');
    expect(warned).not.toHaveBeenCalled();
  });

  it('believes nobody else, and names the key to set once', () => {
    const current = originFor();
    for (let times = 0; times < 3; times += 1) {
      const { request, urlBase } = current('203.0.113.9', FORWARDED);
      expect(request.addr).toBe('203.0.113.9:4711');
      expect(urlBase).toBe('http://reg:5000');
    }
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('http.trustedproxies'));
  });

  it('takes no name from a request that nobody authenticated', () => {
    const authorization = `Basic ${Buffer.from('mallory:x').toString('base64')}`;
    expect(originFor()('127.0.0.1', { authorization }).actor).toEqual({});
  });

  it('keeps the prefix and the configured host in URLs', () => {
    const current = originFor({ host: 'https://reg.example', prefix: '/pre', relativeUrls: true });
    expect(current('127.0.0.1').urlBase).toBe('https://reg.example/pre');
    expect(originFor({ prefix: '/pre' })('127.0.0.1').urlBase).toBe('http://reg:5000/pre');
    expect(publicBase('https://reg.example/pre/', '/pre')).toBe('https://reg.example/pre');
  });

  it('believes everybody as upstream does, when it is told to be compatible', () => {
    const current = originFor({ compatibility: 'distribution', relativeUrls: true });
    const authorization = `Basic ${Buffer.from('mallory:x').toString('base64')}`;
    const { request, actor, urlBase } = current('203.0.113.9', { ...FORWARDED, authorization });
    expect(request.addr).toBe('6.6.6.6');
    expect(actor).toEqual({ name: 'mallory' });
    expect(urlBase).toBe('');
  });
});
