import { once } from 'node:events';
import { existsSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ForeignVolume, type ForeignImage } from '../support/foreign-volume.js';
import { expectStatus } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('the volume of another registry', () => {
  let registry: RegistryProcess;
  let pushed: ForeignImage;

  beforeEach(() => {
    registry = new RegistryProcess();
    registry.writeConfig();
    pushed = new ForeignVolume(registry.data).image('team/app', 'one', ['1.0']);
  });

  afterEach(() => registry.dispose());

  const herald = async (...args: readonly string[]) => {
    registry.output = '';
    const child = registry.spawn(...args, '--config', registry.configPath);
    const [code] = (await once(child, 'close')) as [number];
    return code;
  };

  it.each([['verify'], ['export-links'], ['import', '--unreadable'], ['gc'], ['serve']])(
    'is left to be imported by herald %s, and hidden by nothing that it leaves behind',
    async (...command) => {
      for (const args of [command, ['serve']]) {
        await expect(herald(...args)).resolves.toBe(1);
        expect(registry.output).toContain('Run herald import');
      }
      expect(existsSync(join(registry.data, 'herald', 'herald.db'))).toBe(false);
      await expect(herald('import')).resolves.toBe(0);
      await registry.start();
      const answer = await expectStatus(200, fetch(`${registry.url}/v2/team/app/manifests/1.0`));
      expect(answer.headers.get('docker-content-digest')).toBe(pushed.manifest);
    },
  );

  it('is left without half a file by an export that is killed, and by the next one without a trace of it', async () => {
    const volume = new ForeignVolume(registry.data);
    for (let count = 0; count < 400; count += 1) volume.layer('team/app', `layer ${count}`);
    const files = volume.files();
    await expect(herald('import')).resolves.toBe(0);
    volume.remove('repositories');
    const child = registry.spawn('export-links', '--config', registry.configPath);
    const closed = once(child, 'close');
    while (child.exitCode === null && linksOf(volume) < 20) await setImmediate();
    child.kill('SIGKILL');
    await closed;
    const left = readdirSync(volume.path, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile() && !files.has(pathIn(volume, entry)))).toEqual([]);
    await expect(herald('export-links')).resolves.toBe(0);
    expect(volume.files()).toEqual(files);
    expect(readdirSync(join(registry.data, 'herald'))).not.toContain('exports');
  });

  it('is not imported once more while a server runs', async () => {
    await expect(herald('import')).resolves.toBe(0);
    await registry.start();
    for (const command of ['import', 'verify', 'export-links']) {
      await expect(herald(command)).resolves.toBe(4);
      expect(registry.output).toContain('another Herald works in');
    }
  });
});

function linksOf({ path }: ForeignVolume): number {
  const layers = join(path, 'repositories', 'team', 'app', '_layers', 'sha256');
  return existsSync(layers) ? readdirSync(layers).length : 0;
}

function pathIn({ path }: ForeignVolume, { parentPath, name }: Dirent): string {
  return join(parentPath, name).slice(path.length + 1);
}
