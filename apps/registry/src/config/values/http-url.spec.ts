import { describe, expect, it } from 'vitest';

import { parseBaseUrl, parseHttpUrl, parsePathPrefix, redactUrl } from './http-url.js';

describe('the URL of an endpoint', () => {
  it.each([
    'http://receiver',
    'https://u:p@receiver.test:8443/hook?token=x',
    'http://[::1]:8080/',
    'HTTP://10.0.0.1/a',
  ])('accepts %s', (text) => {
    expect(parseHttpUrl(text)).toBeInstanceOf(URL);
  });

  it.each([
    '',
    'receiver:8080',
    '/hook',
    'ftp://receiver/hook',
    'file:///etc/passwd',
    'http:receiver',
    'http:/receiver',
    'http://',
    'http:///hook',
    'http://?a',
    'http://[::1',
    'http://re ceiver/',
    'http://receiver/a\nb',
    'http://receiver:99999/',
    `http://receiver/${'a'.repeat(3000)}`,
  ])('refuses "%s"', (text) => {
    expect(parseHttpUrl(text)).toBeUndefined();
  });

  it('shows as scheme and host alone', () => {
    expect(redactUrl('https://u:p@receiver.test:8443/hook?token=x')).toBe('https://receiver.test:8443');
    expect(redactUrl('not a url')).toBe('[redacted]');
  });
});

describe('the public address of the registry', () => {
  it.each([
    ['https://reg.acme.test', 'https://reg.acme.test'],
    ['https://reg.acme.test:5000/', 'https://reg.acme.test:5000'],
    ['http://localhost', 'http://localhost'],
  ])('%s is %s', (text, base) => {
    expect(parseBaseUrl(text)).toBe(base);
  });

  it.each([
    'reg.acme.test',
    'https://reg.acme.test/v2',
    'https://u@reg.acme.test',
    'https://reg.acme.test/?',
    'ftp://reg',
  ])('refuses %s', (text) => {
    expect(parseBaseUrl(text)).toBeUndefined();
  });
});

describe('a path prefix', () => {
  it.each([
    ['', ''],
    ['/', ''],
    ['/pre', '/pre'],
    ['/pre/', '/pre'],
    ['/a/b_c/', '/a/b_c'],
  ])('"%s" becomes "%s"', (text, prefix) => {
    expect(parsePathPrefix(text)).toBe(prefix);
  });

  it.each(['pre', 'pre/', '//', '/a//b', '/../a', '/a b', '/a?b', '/%2e'])('refuses "%s"', (text) => {
    expect(parsePathPrefix(text)).toBeUndefined();
  });
});
