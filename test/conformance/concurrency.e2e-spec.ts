import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';
import { bytesOf, closing, fresh, manifestOf, openUpload, pushedConfig } from './wire.js';

/** Clients that meet at the same content: whatever the order, every answer is true, and so is every event. */
describe('at the same time', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.up();
    registry = await new RegistryProcess({ endpoints: [{ name: 'hook', url: receiver.url }] }).start();
    client = new RegistryClient(registry.url, 'team/app');
  });

  afterAll(async () => {
    await registry.dispose();
    await receiver.down();
  });

  /** The actions of all events about a digest or a tag, when everything that was answered before has been told. */
  const told = async (repository: string, about: string) => {
    const marker = fresh();
    await new RegistryClient(registry.url, repository).pushBlob(marker);
    await receiver.until((events) => events.some(({ target }) => target.digest === marker.digest));
    return receiver.events.filter(
      ({ target }) => target.repository === repository && (target.digest === about || target.tag === about),
    );
  };

  it.each([100, 300_000])('a blob of %i bytes is uploaded by ten clients', async (sizeBytes) => {
    const blob = fresh(sizeBytes);
    const body = new Uint8Array(blob.bytes);
    const locations = await Promise.all(Array.from({ length: 10 }, () => openUpload(client)));
    const answers = await Promise.all(
      locations.map((location) => client.at(closing(location, blob.digest), { method: 'PUT', body })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 201));
    expect(await bytesOf(await client.request(`blobs/${blob.digest}`))).toEqual(blob.bytes);
    const pushes = (await told('team/app', blob.digest)).filter(({ action }) => action === 'push');
    expect(pushes).toHaveLength(10);
  });

  it('one session is closed by two requests', async () => {
    const blob = fresh();
    const location = await openUpload(client);
    await expectStatus(202, client.at(location, { method: 'PATCH', body: new Uint8Array(blob.bytes) }));
    const close = () => client.at(closing(location, blob.digest), { method: 'PUT' });
    const answers = await Promise.all([close(), close(), close()]);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
    await expect(told('team/app', blob.digest)).resolves.toHaveLength(1);
  });

  it('one chunk is sent by two requests, and is stored once', async () => {
    const location = await openUpload(client);
    const headers = { 'Content-Range': '0-4' };
    const send = () => client.at(location, { method: 'PATCH', headers, body: 'chunk' });
    const answers = await Promise.all([send(), send()]);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202, 416]));
    const close = client.at(closing(location, digestOf(Buffer.from('chunk'))), { method: 'PUT' });
    await expectStatus(201, close);
  });

  it('a mount races the deletion of its source', async () => {
    for (let round = 0; round < 20; round += 1) {
      const blob = fresh(round % 2 === 0 ? 100 : 20_000);
      const [source, target] = [`race/source-${round}`, `race/target-${round}`].map(
        (name) => new RegistryClient(registry.url, name),
      ) as [RegistryClient, RegistryClient];
      await source.pushBlob(blob);
      const [mounted, deleted] = await Promise.all([
        target.request(`blobs/uploads/?mount=${blob.digest}&from=${source.repository}`, { method: 'POST' }),
        source.request(`blobs/${blob.digest}`, { method: 'DELETE' }),
      ]);
      expect(deleted.status).toBe(202);
      expect([201, 202]).toContain(mounted.status);
      const there = await target.request(`blobs/${blob.digest}`);
      expect(there.status).toBe(mounted.status === 201 ? 200 : 404);
      if (there.ok) expect(await bytesOf(there)).toEqual(blob.bytes);
      await expectStatus(404, source.request(`blobs/${blob.digest}`));
    }
  });

  it('a tag is moved by twenty clients, and ends where the last event says', async () => {
    const config = await pushedConfig(client);
    const manifests = Array.from({ length: 20 }, (_, index) =>
      manifestOf(config, { annotations: { at: String(index) } }),
    );
    await Promise.all(manifests.map((manifest) => client.pushManifest(manifest, 'moving')));
    const now = await expectStatus(200, client.request('manifests/moving', { method: 'HEAD' }));
    const events = await told('team/app', 'moving');
    expect(events).toHaveLength(20);
    expect(events.at(-1)?.target.digest).toBe(now.headers.get('docker-content-digest'));
  });

  it('a manifest is pushed while its blob is deleted: it has its blob at that moment, or is refused', async () => {
    for (let round = 0; round < 20; round += 1) {
      const racer = new RegistryClient(registry.url, `race/manifest-${round}`);
      const config = await pushedConfig(racer);
      const manifest = manifestOf(config);
      const [pushed, deleted] = await Promise.all([
        racer.request('manifests/latest', {
          method: 'PUT',
          headers: { 'Content-Type': manifest.mediaType },
          body: new Uint8Array(manifest.bytes),
        }),
        racer.request(`blobs/${config.digest}`, { method: 'DELETE' }),
      ]);
      expect(deleted.status).toBe(202);
      expect([201, 400]).toContain(pushed.status);
      await expectStatus(pushed.status === 201 ? 200 : 404, racer.request('manifests/latest'));
      const events = await told(racer.repository, 'latest');
      expect(events).toHaveLength(pushed.status === 201 ? 1 : 0);
    }
  });

  it('tags are set and deleted: every answer was true at its moment', async () => {
    const app = image('tags');
    await client.pushImage(app, 'kept');
    const work = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? client.pushManifest(app.manifest, 'flicker')
        : client.request('manifests/flicker', { method: 'DELETE' }),
    );
    const answers = await Promise.all(work);
    const deletions = answers.filter(({ status }) => status === 202).length;
    const events = await told('team/app', 'flicker');
    expect(events.filter(({ action }) => action === 'push')).toHaveLength(20);
    expect(events.filter(({ action }) => action === 'delete')).toHaveLength(deletions);
    const exists = (await client.request('manifests/flicker')).status === 200;
    expect(events.at(-1)?.action).toBe(exists ? 'push' : 'delete');
  });
});
