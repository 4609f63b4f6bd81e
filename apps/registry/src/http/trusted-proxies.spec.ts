import { describe, expect, it } from 'vitest';
import { plainAddress, TrustedProxies } from './trusted-proxies.js';

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['127.0.0.0/8', '::1/128', '10.1.2.3', '2001:db8::/32']);

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['10.1.2.3', true],
    ['10.1.2.4', false],
    ['2001:db8:1::1', true],
    ['2001:db9::1', false],
    ['', false],
    ['proxy.example', false],
  ])('trusts %s: %s', (address, trusted) => {
    expect(proxies.trusts(address)).toBe(trusted);
  });

  it('sees an IPv4 peer on an IPv6 socket as what it is', () => {
    expect(plainAddress('::ffff:127.0.0.1')).toBe('127.0.0.1');
    expect(plainAddress('::1')).toBe('::1');
  });
});
