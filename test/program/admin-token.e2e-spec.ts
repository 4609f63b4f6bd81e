import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { expectStatus } from '../support/registry-client.js';
import { freePort, RegistryProcess } from '../support/registry-process.js';

const TOKEN = 'token-2c26b46b68ff';

describe('the admin API on a network address', () => {
  let registry: RegistryProcess;
  let admin: string;

  beforeAll(async () => {
    const addr = `127.0.0.1:${await freePort()}`;
    admin = `http://${addr}`;
    registry = await new RegistryProcess({ sections: { admin: { addr, token: TOKEN } } }).start();
  });

  afterAll(() => registry.dispose());

  const ask = (path: string, authorization?: string, method = 'GET') =>
    fetch(admin + path, { method, ...(authorization !== undefined && { headers: { authorization } }) });

  it.each([
    ['nothing', undefined],
    ['another token', 'Bearer token-2c26b46b68fe'],
    ['the beginning of the token', 'Bearer token'],
    ['the token by another scheme', `Basic ${TOKEN}`],
    ['an empty token', 'Bearer '],
  ])('refuses whoever sends %s, and does nothing for them', async (_what, authorization) => {
    for (const [method, path] of [
      ['GET', '/admin/v1/endpoints'],
      ['GET', '/admin/v1/events'],
      ['POST', '/admin/v1/reload'],
      ['DELETE', '/admin/v1/repositories/team%2Fapp'],
      ['GET', '/openapi.json'],
    ] as const) {
      const refused = await expectStatus(401, ask(path, authorization, method));
      expect(await refused.text()).not.toContain(TOKEN);
    }
    expect(registry.output).not.toContain('reloaded');
  });

  it('serves whoever sends the token, and commands that read it from the configuration', async () => {
    await expectStatus(200, ask('/admin/v1/endpoints', `Bearer ${TOKEN}`));
    const child = registry.spawn('endpoints', 'list', '--config', registry.configPath);
    await expect(once(child, 'close')).resolves.toEqual([0, null]);
    expect(registry.output).not.toContain(TOKEN);
  });

  it('is not served by the registry’s address, whatever is sent', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    await expectStatus(404, fetch(`${registry.url}/admin/v1/endpoints`, { headers }));
  });
});
