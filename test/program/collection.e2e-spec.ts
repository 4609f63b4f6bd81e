import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { content, image, OCI_LAYER, type Content } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('herald gc', () => {
  const app = image('app');
  const stray = image('stray');
  const loose: Content = content(OCI_LAYER, 'nothing refers to me');
  let receiver: Receiver;
  let registry: RegistryProcess;
  let client: RegistryClient;

  beforeEach(async () => {
    receiver = await new Receiver().up();
    registry = await new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, ignore: { actions: ['push', 'pull'] } }],
      storage: { inline: '8' },
      sections: { gc: { grace: '0s', untagged: '0s' } },
    }).start();
    client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(app, 'latest');
    await client.pushImage(stray, stray.manifest.digest);
    await client.pushBlob(loose);
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  const herald = async (...args: readonly string[]) => {
    let output = '';
    const child = registry.spawn('gc', ...args, '--config', registry.configPath);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };
  const gone = [stray.manifest, ...stray.blobs, loose].map(({ digest }) => digest).toSorted();
  const counts = { manifests: 1, blobs: 4, contents: 4 };

  const expectCollected = async () => {
    for (const { digest } of [...stray.blobs, loose])
      await expectStatus(404, client.request(`blobs/${digest}`));
    await expectStatus(404, client.request(`manifests/${stray.manifest.digest}`));
    await expectStatus(200, client.request('manifests/latest'));
    for (const { digest } of app.blobs) await expectStatus(200, client.request(`blobs/${digest}`));
    await receiver.until((events) => events.length >= gone.length);
    expect(receiver.events.map(({ target }) => String(target.digest)).toSorted()).toEqual(gone);
    for (const event of receiver.events) {
      expect(event).toMatchObject({ action: 'delete', target: { repository: 'team/app' }, actor: {} });
      expect(event.request).toEqual({ id: '', method: '', useragent: '' });
    }
  };

  it('says what would go, removes it beside the running server, and each removal is told', async () => {
    const dry = await herald('--dry-run', '--json');
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.output)).toMatchObject({ state: 'completed', dryRun: true, ...counts });
    await expectStatus(200, client.request(`blobs/${loose.digest}`, { method: 'HEAD' }));
    await expect(herald()).resolves.toMatchObject({
      code: 0,
      output: expect.stringMatching(/^removed 1 manifest, 4 blobs/),
    });
    await expectCollected();
    const { body } = await new AdminClient(registry).ask('GET', 'gc');
    expect(body).toMatchObject({ state: 'completed', dryRun: false, ...counts });
  });

  it('works while no server runs, and the next one tells it', async () => {
    await registry.stop();
    const { code, output } = await herald('--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ state: 'completed', ...counts });
    await registry.start();
    await expectCollected();
  });

  it('is refused while a backup holds it, and says so', async () => {
    const admin = new AdminClient(registry);
    const directory = encodeURIComponent(`${registry.directory}/backup`);
    expect((await admin.ask('POST', `backup?directory=${directory}`)).status).toBe(202);
    const { status, body } = await admin.ask('POST', 'gc?force=true');
    expect(status).toBe(409);
    expect(JSON.stringify(body)).toContain('a backup holds collection until');
    expect((await admin.ask('POST', 'gc?dryRun=perhaps')).status).toBe(400);
  });
});
