import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('herald repositories delete', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeEach(async () => {
    receiver = await new Receiver().up();
    registry = await new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, ignore: { actions: ['push', 'pull'] } }],
    }).start();
    client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(image('app'), 'latest');
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  const herald = async (...args: readonly string[]) => {
    registry.output = '';
    const [code] = (await once(registry.spawn(...args, '--config', registry.configPath), 'close')) as [
      number,
    ];
    return code;
  };

  it('deletes everything in it while the server runs, and one event tells it', async () => {
    await expect(herald('repositories', 'delete', 'team/app')).resolves.toBe(0);
    await expectStatus(404, client.request('tags/list'));
    await expectStatus(404, client.request('manifests/latest'));
    await receiver.until((events) => events.length > 0);
    expect(receiver.events).toMatchObject([{ action: 'delete', target: { repository: 'team/app' } }]);
    await expect(herald('repositories', 'delete', 'team/app')).resolves.toBe(5);
    expect(registry.output).toContain('not known');
  });

  it('deletes it while no server runs, and the next server tells it', async () => {
    await registry.stop();
    await expect(herald('repositories', 'delete', 'team/app')).resolves.toBe(0);
    await registry.start();
    await expectStatus(404, client.request('tags/list'));
    await receiver.until((events) => events.length > 0);
  });

  it('is a right of the user who runs the program, and of no client', async () => {
    expect(statSync(join(registry.data, 'herald', 'admin.sock')).mode & 0o777).toBe(0o600);
    const path = '/admin/v1/repositories/team%2Fapp';
    await expectStatus(404, fetch(`${registry.url}${path}`, { method: 'DELETE' }));
    await expectStatus(200, client.request('manifests/latest'));
  });
});
