import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../support/admin-client.js';
import { image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

interface Config {
  notifications: { endpoints: Record<string, unknown>[]; [key: string]: unknown };
  [key: string]: unknown;
}

describe('the configuration of a running registry', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let admin: AdminClient;
  let client: RegistryClient;
  let archive: string;

  const edit = (change: (config: Config) => void) => {
    const config = JSON.parse(readFileSync(registry.configPath, 'utf8')) as Config;
    change(config);
    writeFileSync(registry.configPath, JSON.stringify(config));
  };
  const push = (name: string) => client.pushBlob(image(name).blobs[0] ?? expect.fail('an image has blobs'));
  /** Those that are whole: a file may be there before its first line is. */
  const lines = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

  beforeEach(async () => {
    receiver = await new Receiver(() => 200).up();
    registry = new RegistryProcess({ endpoints: [{ name: 'ci', url: receiver.url }] });
    archive = join(registry.directory, 'events.ndjson');
    await registry.start();
    admin = new AdminClient(registry);
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  it('takes in new endpoints, lets others go and brings them back, and says what needs a restart', async () => {
    edit((config) => {
      config.notifications.endpoints.push({ name: 'archive', type: 'file', path: archive });
      config['catalog'] = { maxentries: 7 };
    });
    await expect(admin.ask('POST', 'reload')).resolves.toEqual({
      status: 200,
      body: {
        added: ['archive'],
        resumed: [],
        changed: [],
        detached: [],
        disabled: [],
        unchanged: ['ci'],
        needRestart: ['catalog.maxentries'],
      },
    });
    await push('one');
    await receiver.until((events) => events.length === 1);
    await expect.poll(() => lines(archive).length).toBe(1);
    expect(JSON.parse(lines(archive)[0] ?? '')).toEqual(receiver.deliveries[0]?.events[0]);
    // A line is seen before it is durable, and counts from then on.
    const health = async () => (await (await fetch(`${registry.url}/health`)).json()) as object;
    await expect.poll(health).toMatchObject({
      details: { notifications: { endpoints: { archive: { Successes: 1 } } } },
    });

    edit((config) => void config.notifications.endpoints.shift());
    await expect(admin.ask('POST', 'reload')).resolves.toMatchObject({ body: { detached: ['ci'] } });
    renameSync(archive, `${archive}.1`);
    await push('two');
    await expect.poll(() => lines(archive).length).toBe(1);
    edit((config) => void config.notifications.endpoints.push({ name: 'ci', url: receiver.url }));
    registry.hangUp();
    await receiver.until((events) => events.length === 2);
    expect(receiver.deliveries.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(
      [...lines(`${archive}.1`), ...lines(archive)].map((line) => (JSON.parse(line) as { id: string }).id),
    );
  });

  it('stays as it is when the file is wrong, and says where', async () => {
    edit((config) => {
      config.notifications.endpoints[0] = { name: 'ci', url: receiver.url, timeout: 'hunter2' };
    });
    const { status, body } = await admin.ask('POST', 'reload');
    expect(status).toBe(422);
    expect(body).toMatchObject({
      errors: [
        {
          code: 'CONFIG_INVALID',
          message: expect.stringContaining('notifications.endpoints[0].timeout'),
          detail: { faults: [{ path: 'notifications.endpoints[0].timeout' }] },
        },
      ],
    });
    registry.hangUp();
    await expect.poll(() => registry.output).toContain('the configuration was not reloaded');
    expect(registry.output + JSON.stringify(body)).not.toContain('hunter2');
    await push('one');
    await receiver.until((events) => events.length === 1);
  });

  it('is read again by a command, which says how many events a new filter releases', async () => {
    await admin.ask('POST', 'endpoints/ci/pause');
    await push('one');
    await expect
      .poll(async () => (await admin.ask('GET', 'endpoints/ci')).body)
      .toMatchObject({ Pending: 1 });
    edit((config) => {
      config.notifications.endpoints[0] = { name: 'ci', url: receiver.url, except: { actions: ['push'] } };
    });
    const child = registry.spawn('reload', '--config', registry.configPath);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    await expect(once(child, 'close')).resolves.toEqual([0, null]);
    expect(output).toBe('reloaded\nchanged: ci, 1 pending event released, 0 more sent\n');
    await expect
      .poll(async () => (await admin.ask('GET', 'endpoints/ci')).body)
      .toMatchObject({ Pending: 0, state: 'paused' });
  });
});
