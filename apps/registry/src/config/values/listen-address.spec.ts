import { describe, expect, it } from 'vitest';

import { formatListenAddress, parseListenAddress } from './listen-address.js';

describe('a listen address', () => {
  it.each([
    [':5000', undefined, 5000],
    ['127.0.0.1:5000', '127.0.0.1', 5000],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['localhost:80', 'localhost', 80],
    ['registry.acme.test:443', 'registry.acme.test', 443],
    ['[::1]:5000', '::1', 5000],
    ['[::]:5000', '::', 5000],
  ])('%s is read and written back unchanged', (text, host, port) => {
    const address = parseListenAddress(text);
    expect(address).toEqual({ host, port });
    expect(address && formatListenAddress(address)).toBe(text);
  });

  it.each([
    '',
    '5000',
    'localhost',
    ':',
    ':http',
    ':65536',
    '::1:5000',
    '[::1]',
    '[localhost]:1',
    'a b:1',
    '-a:1',
  ])('refuses "%s"', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});
