import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForeignVolume } from '../support/foreign-volume.js';
import { content, image, OCI_LAYER } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { DiskRegistry, RESERVE_BYTES } from './disk-registry.js';
import { mountedDisk, pretendedDisk, type SmallDisk } from './small-disk.js';

/** The same promises on a real file system, where this process may mount one, and with injected errors everywhere. */
const mounted = mountedDisk();
const disks: readonly (readonly [string, SmallDisk])[] = [
  ...(mounted === undefined ? [] : [['a file system of 24 MiB', mounted] as const]),
  ['injected errors', pretendedDisk()],
];

const HALF = 300_000;

async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(disks)('a full disk (%s)', (_how, disk) => {
  let registry: DiskRegistry;
  let client: RegistryClient;
  let receiving = false;
  const receiver = new Receiver(() => (receiving ? 200 : 500));
  const first = image('before the disk was full');
  const second = image('after the disk was full');
  const large = content(OCI_LAYER, Buffer.alloc(2 * HALF, 'large layer '));
  let session: string | null;

  const tags = () =>
    receiver.events.filter(({ action }) => action === 'push').map(({ target }) => target.tag);
  const state = async () => (await registry.health()).disk.state;
  const delivered = (count: number) => until(() => registry.storedDeliveries() === count, `${count} stored`);
  const refusal = async (request: Promise<Response>) => {
    const response = await request;
    const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(errors[0]?.message).toMatch(/the disk is (?:nearly )?full/);
    return { status: response.status, code: errors[0]?.code };
  };

  beforeAll(async () => {
    await receiver.up();
    registry = await DiskRegistry.create(disk, receiver.url);
    await registry.start();
    client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(first, 'first');
    const started = await client.request('blobs/uploads/', { method: 'POST' });
    const appended = await client.at(started.headers.get('location'), {
      method: 'PATCH',
      body: new Uint8Array(large.bytes.subarray(0, HALF)),
    });
    expect(appended.status).toBe(202);
    session = appended.headers.get('location');
    disk.fill();
  });

  afterAll(async () => {
    await registry.dispose();
    await receiver.down();
    disk.remove();
  });

  it('breaks an upload off with 503 and the reason, and keeps what it has of it', async () => {
    const append = client.at(session, { method: 'PATCH', body: new Uint8Array(large.bytes.subarray(HALF)) });
    await expect(refusal(append)).resolves.toEqual({ status: 503, code: 'UNAVAILABLE' });
    const status = await client.at(session);
    const [, end] = (status.headers.get('range') ?? '').split('-');
    expect(status.status).toBe(204);
    expect(Number(end)).toBeGreaterThanOrEqual(HALF - 1);
    expect(Number(end)).toBeLessThan(large.bytes.length - 1);
  });

  it('refuses pushes with 503 and the reason, and says so in health, readiness and metrics', async () => {
    await until(async () => (await state()) !== 'writable', 'a state that is not writable');
    const answers = [
      client.request('blobs/uploads/', { method: 'POST' }),
      client.request(`manifests/second`, { method: 'PUT', body: new Uint8Array(second.manifest.bytes) }),
      client.request('manifests/first', { method: 'DELETE' }),
    ];
    for (const answer of answers) {
      await expect(refusal(answer)).resolves.toEqual({ status: 503, code: 'UNAVAILABLE' });
    }
    const { status, disk: said } = await registry.health();
    expect({ status, pushes: said.pushes }).toEqual({ status: 200, pushes: 'refused' });
    expect((await registry.health('/readyz')).disk.pushes).toBe('refused');
    await expect(registry.get('/livez')).resolves.toBe(200);
    await expect(registry.metric(`herald_disk_state{state="${await state()}"}`)).resolves.toBe('1');
    await expect(registry.metric('herald_disk_state{state="writable"}')).resolves.toBe('0');
  });

  it('serves pulls, and lets an upload be given up', async () => {
    await expect(registry.get('/v2/team/app/manifests/first')).resolves.toBe(200);
    for (const { digest } of first.blobs) {
      await expect(registry.get(`/v2/team/app/blobs/${digest}`)).resolves.toBe(200);
    }
  });

  it('delivers what was acknowledged before, and stores that it did', async () => {
    receiving = true;
    await receiver.until(() => tags().includes('first'));
    await until(async () => (await registry.health()).pending === 0, 'nothing pending');
    await delivered(4);
  });

  it('starts on the full disk after it was killed there, serves, refuses, and repeats no delivery', async () => {
    await registry.kill();
    const before = receiver.deliveries.length;
    await registry.start();
    await expect(registry.get('/v2/team/app/manifests/first')).resolves.toBe(200);
    expect((await registry.health()).disk.pushes).toBe('refused');
    await refusal(client.request('blobs/uploads/', { method: 'POST' }));
    expect(receiver.deliveries.length).toBe(before);
  });

  it('takes pushes again when there is room, without a restart, and its reserve is whole', async () => {
    disk.clear();
    await until(async () => (await state()) === 'writable', 'a writable disk');
    expect((await registry.health()).disk.reserveBytes).toBe(RESERVE_BYTES);
    await client.pushImage(second, 'second');
    const status = await client.at(session);
    const from = Number((status.headers.get('range') ?? '').split('-')[1]) + 1;
    const location = new URL(session ?? '', registry.url);
    location.searchParams.set('digest', large.digest);
    const closed = await fetch(location, { method: 'PUT', body: new Uint8Array(large.bytes.subarray(from)) });
    expect(closed.status).toBe(201);
    await receiver.until(
      (events) => tags().includes('second') && events.some(({ target }) => target.digest === large.digest),
    );
    await delivered(9);
  });

  it('has logged each state once, and not each refusal', () => {
    const lines = registry.output.split('\n').filter((line) => /nothing can be pushed or changed/.test(line));
    // Of the two runs each was first nearly full, or full, and may have become the other.
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(4);
  });

  it('does not start on a file system that is read-only, and says so', async () => {
    await registry.stop();
    disk.makeReadOnly();
    const child = registry.spawn('serve', registry.configPath);
    const [code] = (await once(child, 'exit')) as [number | null];
    disk.makeWritable();
    expect(code).toBe(1);
    expect(registry.output).toMatch(/herald: EROFS.*the file system of the data is read-only/);
  });

  it('imports nothing from a volume on a file system that is read-only, and says so', async () => {
    const root = join(disk.path, 'volume');
    new ForeignVolume(root).image('team/app', 'one', ['1.0']);
    const config = `${registry.configPath}.volume`;
    const storage = { filesystem: { rootdirectory: root } };
    writeFileSync(config, JSON.stringify({ version: 0.1, storage, http: { addr: '127.0.0.1:0' } }));
    disk.makeReadOnly();
    registry.output = '';
    const [code] = (await once(registry.spawn('import', config), 'close')) as [number | null];
    disk.makeWritable();
    expect(code).toBe(1);
    expect(registry.output).toMatch(/herald: EROFS.*the file system of the data is read-only/);
  });
});

describe('a file system that becomes read-only while it is used', () => {
  const disk = pretendedDisk();
  let registry: DiskRegistry;
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.up();
    registry = await DiskRegistry.create(disk, receiver.url);
    await registry.start();
  });

  afterAll(async () => {
    await registry.dispose();
    await receiver.down();
    disk.remove();
  });

  it('refuses pushes and serves pulls until that ends, in one run of the process', async () => {
    const client = new RegistryClient(registry.url, 'team/app');
    await client.pushImage(image('one'), 'one');
    disk.makeReadOnly();
    const refused = await client.request('blobs/uploads/', { method: 'POST' });
    expect(refused.status).toBe(503);
    await expect(refused.text()).resolves.toContain('read-only');
    const { status, disk: said } = await registry.health();
    expect({ status, state: said.state }).toEqual({ status: 200, state: 'readonly' });
    await expect(registry.get('/v2/team/app/manifests/one')).resolves.toBe(200);
    disk.makeWritable();
    await until(async () => (await registry.health()).disk.state === 'writable', 'a writable disk');
    await client.pushImage(image('two'), 'two');
    await receiver.until((events) => events.some(({ target }) => target.tag === 'two'));
    expect(registry.output).toContain('the file system can be written again, and writing goes on');
  });
});
