import { describe, expect, it } from 'vitest';

import { changedKeys } from './changed-keys.js';
import { loadConfig } from './load-config.js';

function fileOf(settings: object) {
  const text = JSON.stringify({ version: 0.1, storage: { filesystem: {} }, ...settings });
  return loadConfig({ path: 'config.yml', environment: {}, readFile: () => text }).file;
}

describe('changedKeys', () => {
  it('names what differs by its path in the file, secrets too, and never a value', () => {
    const before = fileOf({ http: { addr: ':5000', secret: 'hunter1' }, log: { level: 'info' } });
    const after = fileOf({
      http: { addr: ':5001', secret: 'hunter2', debug: { addr: ':5002' } },
      log: { level: 'info' },
      notifications: { endpoints: [{ name: 'a', url: 'http://a' }] },
    });
    expect(changedKeys(before, after)).toEqual([
      'http.addr',
      'http.secret',
      'http.debug',
      'notifications.endpoints',
    ]);
    expect(changedKeys(after, after)).toEqual([]);
  });
});
