import { describe, expect, it } from 'vitest';
import { readForwarded } from './forwarded.js';

describe('readForwarded', () => {
  it('reads RFC 7239, ports and brackets included', () => {
    expect(
      readForwarded({
        forwarded: 'for="[2001:db8::1]:4711";proto=HTTPS;host=reg.example:8443, for=10.0.0.1:99',
      }),
    ).toEqual({ addresses: ['2001:db8::1', '10.0.0.1'], scheme: 'https', host: 'reg.example:8443' });
  });

  it('reads the X-Forwarded family', () => {
    expect(
      readForwarded({
        'x-forwarded-for': '203.0.113.7, 10.0.0.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'reg.example, inner',
      }),
    ).toEqual({ addresses: ['203.0.113.7', '10.0.0.1'], scheme: 'https', host: 'reg.example' });
    expect(readForwarded({ 'x-real-ip': '203.0.113.7' })).toEqual({ addresses: ['203.0.113.7'] });
  });

  it('takes nothing for an address, a scheme or a host that is none', () => {
    expect(readForwarded({ forwarded: 'for=unknown;proto=ftp;host="evil/../path"' })).toEqual({
      addresses: [],
    });
    expect(
      readForwarded({
        'x-forwarded-for': 'nobody',
        'x-forwarded-proto': 'javascript',
        'x-forwarded-host': 'a b',
        'x-real-ip': 'x',
      }),
    ).toEqual({ addresses: [] });
  });
});
