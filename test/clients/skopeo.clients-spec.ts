import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryEvent } from '@herald/notifications';
import { digestOf, type Image } from '../support/image.js';
import { writeOciLayout } from '../support/oci-layout.js';
import { Receiver } from '../support/receiver.js';
import { RegistryProcess } from '../support/registry-process.js';
import { skopeo } from './skopeo.js';

const OCTETS = 'application/octet-stream';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** An event in short: what happened, to what, under which tag and type. */
function inShort({ action, target }: RegistryEvent): string {
  return [action, target.mediaType, target.digest, target.tag].filter((part) => part !== undefined).join(' ');
}

describe('skopeo', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;
  let layout: { readonly image: Image; readonly path: string };
  const reference = (name: string) => `docker://${registry.url.slice('http://'.length)}/${name}`;
  const pull = (name: string) => {
    const target = join(registry.directory, `pulled-${name.replaceAll(/[/:]/g, '-')}`);
    skopeo('copy', '--src-tls-verify=false', reference(name), `dir:${target}`);
    return readFileSync(join(target, 'manifest.json'));
  };
  const newEvents = async (count: number, from: number) => {
    await receiver.until((events) => events.length >= from + count);
    return receiver.events.slice(from).map((event) => inShort(event));
  };

  beforeAll(async () => {
    receiver = await new Receiver().up();
    registry = await new RegistryProcess({ endpoints: [{ name: 'ci', url: receiver.url }] }).start();
    layout = writeOciLayout(registry.directory, '1.0');
  });

  afterAll(async () => {
    await registry.dispose();
    await receiver.down();
  });

  it('pushes an OCI image, and each blob and the tag are told once', async () => {
    skopeo('copy', '--dest-tls-verify=false', `oci:${layout.path}:1.0`, reference('lib/oci:1.0'));
    const { manifest, blobs } = layout.image;
    const events = await newEvents(blobs.length + 1, 0);
    expect(events.slice(0, -1).toSorted()).toEqual(
      blobs.map(({ digest }) => `push ${OCTETS} ${digest}`).toSorted(),
    );
    expect(events.at(-1)).toBe(`push ${manifest.mediaType} ${manifest.digest} 1.0`);
  });

  it('pulls it back byte for byte, and each content is told once', async () => {
    const before = receiver.events.length;
    expect(digestOf(pull('lib/oci:1.0'))).toBe(layout.image.manifest.digest);
    const { manifest, blobs } = layout.image;
    const events = await newEvents(blobs.length + 1, before);
    expect(events.toSorted()).toEqual(
      [
        `pull ${manifest.mediaType} ${manifest.digest} 1.0`,
        ...blobs.map(({ digest }) => `pull ${OCTETS} ${digest}`),
      ].toSorted(),
    );
  });

  it('pushes it as a Docker image and pulls that back with the digest it was told', async () => {
    const before = receiver.events.length;
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      '--format=v2s2',
      `oci:${layout.path}:1.0`,
      reference('lib/docker:1.0'),
    );
    await receiver.until((events) => events.slice(before).some(({ target }) => target.tag === '1.0'));
    const pushed = receiver.events.slice(before).find(({ target }) => target.tag === '1.0');
    expect(pushed).toMatchObject({
      action: 'push',
      target: { mediaType: DOCKER_MANIFEST, repository: 'lib/docker' },
    });
    expect(digestOf(pull('lib/docker:1.0'))).toBe(pushed?.target.digest);
  });

  it('copies it to another repository, which has the same image then', async () => {
    const { digest } = layout.image.manifest;
    skopeo(
      'copy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      reference('lib/oci:1.0'),
      reference('lib/copied:1.0'),
    );
    expect(digestOf(pull('lib/copied:1.0'))).toBe(digest);
    await receiver.until((events) =>
      events.some(
        ({ action, target }) => action === 'push' && target.repository === 'lib/copied' && target.tag,
      ),
    );
    const told = receiver.events.filter(
      ({ action, target }) => target.repository === 'lib/copied' && action !== 'pull',
    );
    expect(new Set(told.map(({ target }) => target.digest))).toEqual(
      new Set([digest, ...layout.image.blobs.map((blob) => blob.digest)]),
    );
  });

  it('synchronises a whole repository to a directory', () => {
    const target = join(registry.directory, 'synchronised');
    skopeo(
      'sync',
      '--src-tls-verify=false',
      '--src=docker',
      '--dest=dir',
      reference('lib/copied').slice('docker://'.length),
      target,
    );
    const manifest = readFileSync(join(target, 'copied:1.0', 'manifest.json'));
    expect(digestOf(manifest)).toBe(layout.image.manifest.digest);
  });

  it('deletes an image, and the manifest and its tag are told', async () => {
    const { digest, mediaType } = layout.image.manifest;
    await receiver.until((events) => events.some(({ target }) => target.repository === 'lib/docker'));
    skopeo('delete', '--tls-verify=false', reference('lib/oci:1.0'));
    await receiver.until((events) => events.filter(({ action }) => action === 'delete').length >= 2);
    const deletes = receiver.events.filter(({ action }) => action === 'delete');
    expect(deletes.map((event) => inShort(event))).toEqual([`delete ${mediaType} ${digest}`, 'delete 1.0']);
    const gone = await fetch(`${registry.url}/v2/lib/oci/manifests/${digest}`);
    expect(gone.status).toBe(404);
  });

  it('lists the tags that are left', () => {
    const listed = JSON.parse(skopeo('list-tags', '--tls-verify=false', reference('lib/docker'))) as {
      Tags: string[];
    };
    expect(listed.Tags).toEqual(['1.0']);
  });
});
