import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('G5: the disk that an endpoint may take is bounded', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let admin: AdminClient;
  let client: RegistryClient;

  beforeEach(async () => {
    receiver = await new Receiver().up();
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  const start = async (onlimit: string) => {
    registry = await new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, backlog: { maxevents: 4, onlimit } }],
    }).start();
    admin = new AdminClient(registry);
    client = new RegistryClient(registry.url, 'team/app');
    await admin.ask('POST', 'endpoints/ci/pause');
  };
  const endpoint = async () => (await admin.ask('GET', 'endpoints/ci')).body;
  const herald = async (...args: readonly string[]) => {
    const [code] = (await once(registry.spawn(...args, '--config', registry.configPath), 'close')) as [
      number,
    ];
    return code;
  };

  it('and an endpoint that reaches it is stopped until an operator enables it, with all that it missed in one dead letter', async () => {
    await start('detach');
    await client.pushImage(image('app'), 'latest');
    await expect.poll(endpoint).toMatchObject({ state: 'overflowed', Pending: 0, deadLetters: 4 });
    expect(registry.output).toContain('its backlog has reached its bound');
    await registry.kill();
    await registry.start();
    await client.pushImage(image('other'), 'other');
    await expect.poll(endpoint).toMatchObject({ state: 'overflowed', Pending: 0, deadLetters: 8 });
    const health = (await (await fetch(`${registry.url}/health`)).json()) as { details: object };
    expect(health.details).toMatchObject({ notifications: { endpoints: { ci: { state: 'overflowed' } } } });
    await admin.ask('POST', 'endpoints/ci/resume');
    await expect(herald('endpoints', 'enable', 'ci')).resolves.toBe(0);
    await expect(endpoint()).resolves.toMatchObject({ state: 'active' });
    await expect(admin.ask('GET', 'endpoints/ci/dead-letters')).resolves.toMatchObject({
      body: { deadLetters: [{ reason: 'overflow', firstSequence: 1, lastSequence: 8, count: 8 }] },
    });
    await client.pushImage(image('third'), 'third');
    await receiver.until((events) => events.length === 4);
    await admin.ask('POST', 'endpoints/ci/dead-letters/redrive');
    await receiver.until((events) => events.length === 12);
  });

  it('and where events are worth more than changes, those are refused, while pulls go on', async () => {
    await start('refuse');
    const { blobs, manifest } = image('app');
    await client.pushImage({ blobs, manifest }, 'latest');
    await expect.poll(endpoint).toMatchObject({ Pending: 4, backlog: { refusing: true } });
    const refused = await expectStatus(
      503,
      client.request('manifests/second', {
        method: 'PUT',
        headers: { 'Content-Type': manifest.mediaType },
        body: new Uint8Array(manifest.bytes),
      }),
    );
    await expect(refused.json()).resolves.toMatchObject({
      errors: [{ code: 'UNAVAILABLE', message: expect.stringContaining('endpoint ci') as string }],
    });
    await expectStatus(503, client.request('manifests/latest', { method: 'DELETE' }));
    const pulled = await expectStatus(200, client.request('manifests/latest'));
    await pulled.arrayBuffer();
    await expectStatus(404, client.request('manifests/second'));
    await admin.ask('POST', 'endpoints/ci/resume');
    await receiver.until((events) => events.length === 4);
    await expect.poll(endpoint).toMatchObject({ Pending: 0, backlog: { share: 0, refusing: false } });
    await client.pushManifest(manifest, 'second');
    await receiver.until((events) => events.length === 5);
  });
});
