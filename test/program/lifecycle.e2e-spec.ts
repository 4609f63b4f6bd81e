import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { digestOf, image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('the program', () => {
  let registry: RegistryProcess;

  afterEach(() => registry.dispose());

  it('holds the data directory alone, and frees it when it is killed', async () => {
    registry = await new RegistryProcess().start();
    registry.output = '';
    const [code] = (await once(registry.spawn('serve', registry.configPath), 'close')) as [number];
    expect(code).toBe(4);
    expect(registry.output).toContain('another Herald works in');
    const [imported] = (await once(registry.spawn('import', registry.configPath), 'close')) as [number];
    expect(imported).toBe(4);
    await registry.kill();
    await registry.start();
  });

  it('does not hide the repositories of another registry, unless it is told to', async () => {
    registry = new RegistryProcess();
    mkdirSync(join(registry.data, 'docker', 'registry', 'v2', 'repositories', 'team'), { recursive: true });
    registry.writeConfig();
    const [code] = (await once(registry.spawn('serve', registry.configPath), 'close')) as [number];
    expect(code).toBe(1);
    expect(registry.output).toContain('Run herald import');
    await registry.start('--ignore-existing');
  });

  it('finishes what is in flight when it is told to stop, takes nothing new, and ends with 0', async () => {
    registry = await new RegistryProcess().start();
    const client = new RegistryClient(registry.url, 'team/app');
    const session = await expectStatus(202, client.request('blobs/uploads/', { method: 'POST' }));
    const body = new Readable({ read: () => undefined });
    body.push('first half, ');
    const upload = client.at(session.headers.get('location'), {
      method: 'PATCH',
      body: Readable.toWeb(body) as ReadableStream,
      duplex: 'half',
    });
    await until(async () => {
      const status = await client.at(session.headers.get('location'));
      return status.status === 204;
    });
    const stopped = registry.stop();
    await until(async () => (await fetch(`${registry.url}/v2/`).catch(() => undefined)) === undefined);
    body.push('second half');
    body.push(null);
    expect((await upload).headers.get('range')).toBe('0-22');
    await expect(stopped).resolves.toBe(0);
  });

  it('cuts off what is still in flight when the drain time is over, and the upload can be resumed', async () => {
    registry = await new RegistryProcess({ http: { draintimeout: '200ms' } }).start();
    const client = new RegistryClient(registry.url, 'team/app');
    const session = await expectStatus(202, client.request('blobs/uploads/', { method: 'POST' }));
    const location = session.headers.get('location');
    const body = new Readable({ read: () => undefined });
    body.push('half');
    const upload = client
      .at(location, {
        method: 'PATCH',
        body: Readable.toWeb(body) as ReadableStream,
        duplex: 'half',
      })
      .catch((error: unknown) => error);
    await expect(registry.stop()).resolves.toBe(0);
    await expect(upload).resolves.toBeInstanceOf(Error);
    body.destroy();
    await registry.start();
    const status = await expectStatus(204, client.at(location));
    const [, end] = (status.headers.get('range') ?? '').split('-');
    const rest = 'half and half'.slice(Number(end) + (status.headers.get('range') === '0-0' ? 0 : 1));
    const digest = digestOf(Buffer.from('half and half'));
    await expectStatus(201, client.at(`${location}?digest=${digest}`, { method: 'PUT', body: rest }));
  });

  it('leaves undelivered events to its next start', async () => {
    const receiver = await new Receiver().up();
    try {
      registry = await new RegistryProcess({
        endpoints: [{ name: 'ci', url: receiver.url, backoff: '100ms' }],
      }).start();
      await receiver.down();
      await new RegistryClient(registry.url, 'team/app').pushImage(image('app', 1), 'latest');
      await expect(registry.stop()).resolves.toBe(0);
      await receiver.up();
      await registry.start();
      await receiver.until((events) => events.length >= 3);
      expect(receiver.events.map(({ action }) => action)).toEqual(['push', 'push', 'push']);
    } finally {
      await receiver.down();
    }
  });

  it('says at the start what it listens on, where its data lies, whom it delivers to and what to type', async () => {
    const url = 'http://user:password@127.0.0.1:9/hook?token=secret';
    registry = await new RegistryProcess({ endpoints: [{ name: 'ci', url }] }).start();
    await until(() => Promise.resolve(registry.output.includes('Try:')));
    expect(registry.output).toContain(`Herald listens on ${registry.url}`);
    expect(registry.output).toContain(registry.data);
    expect(registry.output).toContain('ci (http://127.0.0.1:9');
    expect(registry.output).not.toMatch(/password|hook|secret/);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition never held');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
