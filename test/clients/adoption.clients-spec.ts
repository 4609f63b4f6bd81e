import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  content,
  descriptor,
  digestOf,
  image,
  OCI_INDEX,
  type Content,
  type Image,
} from '../support/image.js';
import { writeOciLayout } from '../support/oci-layout.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { DockerRegistry } from './docker-registry.js';
import { skopeo } from './skopeo.js';

const NO_TLS = ['--src-tls-verify=false', '--dest-tls-verify=false'];

describe('a volume of docker-registry', () => {
  let receiver: Receiver;
  let herald: RegistryProcess;
  let upstream: DockerRegistry;
  let pushed: Image;
  let index: Content;
  const long = Buffer.from('named by its sha512');
  const sha512 = `sha512:${createHash('sha512').update(long).digest('hex')}`;
  const reference = (url: string, name: string) => `docker://${url.slice('http://'.length)}/${name}`;
  let pulls = 0;
  const pull = (url: string, name: string, ...options: readonly string[]) => {
    const target = join(herald.directory, `pulled-${(pulls += 1)}`);
    skopeo('copy', '--src-tls-verify=false', ...options, reference(url, name), `dir:${target}`);
    return digestOf(readFileSync(join(target, 'manifest.json')));
  };
  const command = async (...args: readonly string[]) => {
    herald.output = '';
    const [code] = (await once(herald.spawn(...args), 'close')) as [number];
    return { code, output: herald.output };
  };

  beforeAll(async () => {
    receiver = await new Receiver().up();
    herald = new RegistryProcess({ endpoints: [{ name: 'ci', url: receiver.url }] });
    herald.writeConfig();
    upstream = new DockerRegistry(herald.directory, herald.data);
    await upstream.start();
    const layout = writeOciLayout(herald.directory, '1.0');
    pushed = layout.image;
    for (const tag of ['1.0', 'latest']) {
      skopeo('copy', ...NO_TLS, `oci:${layout.path}:1.0`, reference(upstream.url, `lib/app:${tag}`));
    }
    await pushBeside(upstream.url);
    await upstream.stop();
  });

  /** An index, a copy in another repository by mounts, a blob by its sha512, and an upload that nobody ends. */
  async function pushBeside(url: string): Promise<void> {
    const app = new RegistryClient(url, 'lib/app');
    index = content(
      OCI_INDEX,
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor(pushed.manifest)] }),
    );
    await expectStatus(201, app.request('manifests/multi', manifestOf(index)));
    const copy = new RegistryClient(url, 'lib/deep/copy');
    for (const { digest } of pushed.blobs) {
      const mount = `blobs/uploads/?mount=${digest}&from=lib/app`;
      await expectStatus(201, copy.request(mount, { method: 'POST' }));
    }
    await expectStatus(201, copy.request('manifests/1.0', manifestOf(pushed.manifest)));
    const session = await expectStatus(202, copy.request('blobs/uploads/', { method: 'POST' }));
    const location = new URL(session.headers.get('location') ?? '', url);
    location.searchParams.set('digest', sha512);
    await expectStatus(201, fetch(location, { method: 'PUT', body: long }));
    await expectStatus(202, copy.request('blobs/uploads/', { method: 'POST' }));
  }

  afterAll(async () => {
    await upstream.stop();
    await herald.dispose();
    await receiver.down();
  });

  it('is refused until it is imported, and imported in place', async () => {
    await expect(command('serve', herald.configPath)).resolves.toMatchObject({
      code: 1,
      output: expect.stringContaining('Run herald import') as string,
    });
    const { code, output } = await command('import', herald.configPath, '--verify', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      imported: { manifests: 3, tags: 4, layers: 8, unreadable: 0, uploads: 1 },
    });
  });

  it('is pulled from with the digests that it had, and without an event of a push', async () => {
    await herald.start();
    for (const name of ['lib/app:1.0', 'lib/app:latest', 'lib/deep/copy:1.0']) {
      expect(pull(herald.url, name)).toBe(pushed.manifest.digest);
    }
    expect(pull(herald.url, 'lib/app:multi', '--all')).toBe(index.digest);
    const blob = await fetch(`${herald.url}/v2/lib/deep/copy/blobs/${sha512}`);
    expect(Buffer.from(await blob.arrayBuffer())).toEqual(long);
    await receiver.until((events) => events.some(({ target }) => target.digest === index.digest));
    expect(receiver.events.filter(({ action }) => action !== 'pull')).toEqual([]);
  });

  it('is served by docker-registry again, with what was pushed, moved and deleted meanwhile', async () => {
    const small = image('small', 3);
    await new RegistryClient(herald.url, 'lib/app').pushImage(small, 'latest');
    await new RegistryClient(herald.url, 'lib/new').pushImage(small, '2.0');
    skopeo('delete', '--tls-verify=false', reference(herald.url, 'lib/deep/copy:1.0'));
    await herald.stop();
    const { code, output } = await command('export-links', herald.configPath);
    expect([code, output]).toEqual([0, expect.stringContaining('exported')]);
    await expect(command('verify', herald.configPath)).resolves.toMatchObject({ code: 0 });

    await upstream.start();
    expect(pull(upstream.url, 'lib/app:1.0')).toBe(pushed.manifest.digest);
    expect(pull(upstream.url, 'lib/app:multi', '--all')).toBe(index.digest);
    for (const name of ['lib/app:latest', 'lib/new:2.0']) {
      const url = `${upstream.url}/v2/${name.replace(':', '/manifests/')}`;
      const answer = await fetch(url, { headers: { Accept: small.manifest.mediaType } });
      expect(answer.headers.get('docker-content-digest')).toBe(small.manifest.digest);
    }
    for (const { digest, bytes } of small.blobs) {
      const answer = await fetch(`${upstream.url}/v2/lib/new/blobs/${digest}`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    }
    const gone = await fetch(`${upstream.url}/v2/lib/deep/copy/manifests/${pushed.manifest.digest}`);
    expect(gone.status).toBe(404);
    const listed = JSON.parse(
      skopeo('list-tags', '--tls-verify=false', reference(upstream.url, 'lib/app')),
    ) as { Tags: string[] };
    expect(listed.Tags.toSorted()).toEqual(['1.0', 'latest', 'multi']);
  });

  it('is imported once more, with what docker-registry got since', async () => {
    const later = image('later');
    await new RegistryClient(upstream.url, 'lib/app').pushImage(later, '1.0');
    await upstream.stop();
    await expect(command('import', herald.configPath)).resolves.toMatchObject({ code: 0 });
    await herald.start();
    const answer = await fetch(`${herald.url}/v2/lib/app/manifests/1.0`);
    expect(answer.headers.get('docker-content-digest')).toBe(later.manifest.digest);
  });
});

function manifestOf({ mediaType, bytes }: Content): RequestInit {
  return { method: 'PUT', headers: { 'Content-Type': mediaType }, body: bytes };
}
