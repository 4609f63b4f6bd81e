import { describe, expect, it } from 'vitest';
import { parseAdminAddress } from './admin-address.js';

describe('an admin address', () => {
  it.each([
    ['off', { kind: 'off' }],
    ['unix:/run/herald.sock', { kind: 'unix', path: '/run/herald.sock' }],
    ['unix:data/admin.sock', { kind: 'unix', path: 'data/admin.sock' }],
    ['127.0.0.1:5002', { kind: 'tcp', listen: { host: '127.0.0.1', port: 5002 } }],
  ])('%s is read', (text, address) => {
    expect(parseAdminAddress(text)).toEqual(address);
  });

  it.each(['', 'unix:', '/run/herald.sock', 'on', '5002', `unix:/${'x'.repeat(100)}`])(
    'refuses "%s"',
    (text) => {
      expect(parseAdminAddress(text)).toBeUndefined();
    },
  );
});
