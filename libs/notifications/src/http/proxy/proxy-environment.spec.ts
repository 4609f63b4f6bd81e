import { describe, expect, it } from 'vitest';
import { environmentProxy, type Environment } from './proxy-environment.js';
import { proxyFor } from './proxy.js';

const PROXIES = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };

const chosen = (url: string, environment: Environment) =>
  environmentProxy(new URL(url), environment)?.variable;

describe('the proxy that the environment names', () => {
  it('is one for each scheme, the upper case before the lower', () => {
    expect(chosen('http://a.test/', PROXIES)).toBe('HTTP_PROXY');
    expect(chosen('https://a.test/', PROXIES)).toBe('HTTPS_PROXY');
    expect(chosen('https://a.test/', { https_proxy: 'x', HTTPS_PROXY: '' })).toBe('https_proxy');
    expect(chosen('https://a.test/', { https_proxy: 'x', HTTPS_PROXY: 'y' })).toBe('HTTPS_PROXY');
    expect(chosen('https://a.test/', { HTTP_PROXY: 'x' })).toBeUndefined();
    expect(chosen('https://a.test/', {})).toBeUndefined();
  });

  it.each(['http://localhost/', 'http://127.0.0.1:8080/', 'http://127.9.9.9/', 'http://[::1]/'])(
    'is never for this machine: %s',
    (url) => expect(chosen(url, PROXIES)).toBeUndefined(),
  );

  it.each([
    ['*', 'http://any.test/'],
    ['acme.test', 'http://acme.test/'],
    ['acme.test', 'http://hook.ACME.test/'],
    ['a.test, .acme.test', 'http://hook.acme.test/'],
    ['*.acme.test', 'http://hook.acme.test/'],
    ['acme.test:8080', 'http://acme.test:8080/'],
    ['acme.test:443', 'https://acme.test/'],
    ['10.1.2.3', 'http://10.1.2.3/'],
    ['10.0.0.0/8', 'http://10.1.2.3:99/'],
    ['10.1.2.3:99', 'http://10.1.2.3:99/'],
    ['fd00::/8', 'http://[fd00::7]/'],
    ['[fd00::7]:80', 'http://[fd00::7]/'],
  ])('is not for what NO_PROXY lists: %s, %s', (list, url) => {
    expect(chosen(url, { ...PROXIES, NO_PROXY: list })).toBeUndefined();
    expect(chosen(url, { ...PROXIES, no_proxy: list })).toBeUndefined();
  });

  it.each([
    ['acme.test', 'http://notacme.test/'],
    ['.acme.test', 'http://acme.test/'],
    ['*.acme.test', 'http://acme.test/'],
    ['acme.test:8080', 'http://acme.test/'],
    ['10.0.0.0/8', 'http://11.1.2.3/'],
    ['10.1.2.3:99', 'http://10.1.2.3/'],
    ['private', 'http://10.1.2.3/'],
    ['[fd00::7]:81', 'http://[fd00::7]/'],
    ['((', 'http://acme.test/'],
  ])('is for all else: %s, %s', (list, url) => {
    expect(chosen(url, { ...PROXIES, NO_PROXY: list })).toBe('HTTP_PROXY');
  });

  it('may be written without a scheme, and with credentials, which stand apart from its URL', () => {
    const proxy = proxyFor(new URL('http://a.test'), 'environment', {
      HTTP_PROXY: 'us:p%40ss@proxy.test:3128',
    });
    expect(proxy).toEqual({
      url: new URL('http://proxy.test:3128'),
      authorization: `Basic ${Buffer.from('us:p@ss').toString('base64')}`,
      variable: 'HTTP_PROXY',
    });
  });

  it('is said to be unusable when it is no URL of http, so that nothing goes around it', () => {
    for (const value of ['socks5://proxy.test', 'http://proxy.test/path', '::::']) {
      expect(proxyFor(new URL('http://a.test'), 'environment', { HTTP_PROXY: value })).toEqual({
        unusable: 'HTTP_PROXY',
      });
    }
  });

  it('counts for nothing unless it is asked for', () => {
    expect(proxyFor(new URL('http://a.test'), 'none', PROXIES)).toBeUndefined();
  });
});
