import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryEvent } from '@herald/notifications';
import { AdminClient } from '../support/admin-client.js';
import { digestOf, image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('herald backup', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let restored: RegistryProcess;
  let backup: string;

  beforeEach(async () => {
    receiver = await new Receiver().up();
    const settings = { endpoints: [{ name: 'ci', url: receiver.url }], storage: { inline: '8' } };
    registry = await new RegistryProcess(settings).start();
    restored = new RegistryProcess(settings);
    backup = join(registry.directory, 'backup');
  });

  afterEach(async () => {
    await registry.dispose();
    await restored.dispose();
    await receiver.down();
  });

  const herald = (...args: readonly string[]) => heraldOf(registry, ...args);
  const heraldOf = async (of: RegistryProcess, ...args: readonly string[]) => {
    let output = '';
    const child = of.spawn(...args, '--config', of.configPath);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };

  /** What an operator does: copies the blobs of the list into an empty data directory, and restores the database. */
  const restore = async () => {
    rmSync(restored.data, { recursive: true, force: true });
    for (const line of readFileSync(join(backup, 'blobs.tsv'), 'utf8').trim().split('\n')) {
      const [digest = '', size = '', path = ''] = line.split('\t');
      mkdirSync(dirname(join(restored.data, path)), { recursive: true });
      cpSync(join(registry.data, path), join(restored.data, path));
      expect(digestOf(readFileSync(join(restored.data, path)))).toBe(digest);
      expect(statSync(join(restored.data, path)).size).toBe(Number(size));
    }
    restored.writeConfig();
    const { code, output } = await heraldOf(restored, 'restore', backup);
    expect(output).toMatch(/restored .*herald\.db\nall \d+ blobs of the backup are in/);
    expect(code).toBe(0);
  };

  const pushesOf = async (admin: AdminClient) => {
    const { body } = await admin.ask('GET', 'events?limit=1000');
    expect(body['next']).toBe(body['head']);
    const events = body['events'] as readonly { readonly id: string; readonly data: RegistryEvent }[];
    return events.filter(({ data }) => data.action === 'push');
  };

  it('of a registry that is being pushed to is whole, goes on where it was made, and says that it is another log', async () => {
    const admin = new AdminClient(registry);
    await admin.ask('POST', 'endpoints/ci/pause');
    const run = new AbortController();
    let pushed = 0;
    const clients = [1, 2, 3].map(async (number) => {
      const client = new RegistryClient(registry.url, `team/app-${number}`);
      while (!run.signal.aborted) await client.pushImage(image(`${number}-${(pushed += 1)}`), `t${pushed}`);
    });
    await expect.poll(() => pushed, { timeout: 30_000 }).toBeGreaterThan(9);
    const made = await herald('backup', backup, '--json');
    expect(made).toMatchObject({ code: 0 });
    const atTheEnd = pushed;
    await expect.poll(() => pushed, { timeout: 30_000 }).toBeGreaterThan(atTheEnd + 3);
    run.abort();
    await Promise.all(clients);
    expect(readdirSync(backup).toSorted()).toEqual(['blobs.tsv', 'herald.db']);
    expect(statSync(backup).mode & 0o777).toBe(0o700);

    await restore();
    await restored.start();
    const again = new AdminClient(restored);
    const before = (await admin.ask('GET', 'endpoints')).body;
    const after = (await again.ask('GET', 'endpoints')).body;
    expect(after['log']).not.toBe(before['log']);
    expect(restored.output).toContain(`restored from a backup of the log ${String(before['log'])}`);
    expect(after['head']).toBeLessThan(before['head'] as number);
    const pushes = await pushesOf(again);
    expect(pushes.length).toBeGreaterThan(9);
    for (const { data } of pushes) {
      const { repository, digest = '', tag } = data.target;
      const kind = tag === undefined ? 'blobs' : 'manifests';
      await expectStatus(200, new RegistryClient(restored.url, repository).request(`${kind}/${digest}`));
    }
    await again.ask('POST', 'endpoints/ci/resume');
    await receiver.until((events) => events.length >= pushes.length);
    await new RegistryClient(restored.url, 'team/new').pushImage(image('new'), 'latest');
    await receiver.until((events) => events.some(({ target }) => target.repository === 'team/new'));
    expect(new Set(receiver.deliveries.map(({ headers }) => headers['herald-log']))).toEqual(
      new Set([after['log']]),
    );
  });

  it('is made without a server too, and each start from it is a log of its own', async () => {
    await new RegistryClient(registry.url, 'team/app').pushImage(image('app'), 'latest');
    await registry.stop();
    const made = await herald('backup', backup);
    expect(made).toMatchObject({ code: 0 });
    expect(made.output).toMatch(/blobs.tsv lists 3 blobs \(\d+ bytes\)/);
    const logs = [];
    for (let start = 0; start < 2; start += 1) {
      await restore();
      await restored.start();
      logs.push((await new AdminClient(restored).ask('GET', 'endpoints')).body['log']);
      await restored.stop();
    }
    await restored.start();
    logs.push((await new AdminClient(restored).ask('GET', 'endpoints')).body['log']);
    expect(new Set(logs).size).toBe(2);
    expect(logs[1]).toBe(logs[2]);
  });

  it('is restored over a registry that is there only when that is asked for, never under a running one, and names the blobs that are not there', async () => {
    await new RegistryClient(registry.url, 'team/app').pushImage(image('app'), 'latest');
    await herald('backup', backup);
    await expect(herald('restore', backup, '--replace')).resolves.toMatchObject({ code: 4 });
    await registry.kill();
    const { code, output } = await herald('restore', backup);
    expect({ code, output }).toMatchObject({
      code: 5,
      output: expect.stringContaining('--replace') as string,
    });
    const [line = ''] = readFileSync(join(backup, 'blobs.tsv'), 'utf8').split('\n');
    const [digest = '', , path = ''] = line.split('\t');
    rmSync(join(registry.data, path));
    const replaced = await herald('restore', backup, '--replace', '--json');
    expect(replaced.code).toBe(7);
    const [missing, summary] = replaced.output
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as object);
    expect(missing).toMatchObject({ missing: { digest, path, fault: 'not there' } });
    expect(summary).toMatchObject({
      restored: { aside: expect.stringContaining('herald.db.replaced-') as string },
      blobs: 3,
      missing: 1,
    });
    expect(readdirSync(join(registry.data, 'herald')).filter((name) => /wal|shm/.test(name))).toEqual(
      expect.not.arrayContaining(['herald.db-wal']),
    );
    await expect(herald('restore', registry.directory)).resolves.toMatchObject({ code: 5 });
    await registry.start();
    await expectStatus(200, new RegistryClient(registry.url, 'team/app').request('manifests/latest'));
  });

  it('touches no directory that has something in it, and holds collection until it is released', async () => {
    mkdirSync(backup);
    writeFileSync(join(backup, 'mine'), 'precious');
    const refused = await herald('backup', backup);
    expect(refused).toMatchObject({ code: 5 });
    expect(refused.output).toContain('is not empty');
    expect(readdirSync(backup)).toEqual(['mine']);
    const admin = new AdminClient(registry);
    await expect(admin.ask('POST', 'backup?directory=relative')).resolves.toMatchObject({ status: 400 });
    await expect(admin.ask('POST', 'backup')).resolves.toMatchObject({ status: 400 });
    await expect(admin.ask('GET', 'backup')).resolves.toMatchObject({ body: { state: 'none' } });
    await expect(herald('backup', 'release')).resolves.toEqual({
      code: 0,
      output: 'garbage collection may go on\n',
    });
  });
});
