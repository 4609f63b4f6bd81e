import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DyingDatabase } from '../../../../test/support/dying-database.js';
import { blobFile, ForeignVolume } from '../../../../test/support/foreign-volume.js';
import {
  digestOf,
  imageOf,
  journal,
  newContent,
  OCI_IMAGE,
  pushBlob,
  sourceOf,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import type { Digest } from '../repository/digest.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference } from '../repository/tag.js';
import type { ExportConflict } from './export-run.js';
import { exportVolume } from './export-volume.js';
import { importVolume } from './import-volume.js';

describe('an export of links', () => {
  let storage: StorageFixture;
  let volume: ForeignVolume;
  const conflicts: ExportConflict[] = [];
  const exported = (database = storage.database) => {
    conflicts.length = 0;
    return exportVolume(database, storage.root, { onConflict: (conflict) => conflicts.push(conflict) });
  };
  const aside = () => join(storage.root, 'herald', 'exports');
  const pushImage = async (repository: StoredRepository, reference: string) => {
    const config = await pushBlob(repository, newContent(40));
    const layer = await pushBlob(repository, newContent(100));
    const bytes = imageOf(config, [layer]);
    const manifest = { mediaType: OCI_IMAGE, bytes, reference: parseReference(reference) };
    await repository.manifests.put(manifest, journal);
    return { config, layer, bytes, digest: digestOf(bytes) };
  };

  beforeEach(async () => {
    storage = await StorageFixture.open({ inlineBytes: 64 });
    volume = new ForeignVolume(storage.root);
  });

  afterEach(() => storage.close());

  it("writes everything into Distribution's layout: links, manifests, and small blobs too", async () => {
    const image = await pushImage(storage.repository('team/app'), '1.0');
    await exported();
    const expected = new ForeignVolume(join(storage.root, 'expected'));
    for (const [digest, bytes] of [
      [image.config.digest, volume.read(blobFile(image.config.digest))],
      [image.layer.digest, volume.read(blobFile(image.layer.digest))],
    ] as const) {
      expect(digestOf(bytes)).toBe(digest);
      expected.layer('team/app', bytes);
    }
    expected.manifest('team/app', image.bytes.toString(), ['1.0']);
    expect(volume.files()).toEqual(expected.files());
    expect(conflicts).toEqual([]);
  });

  it('is read by an import into another registry as it was, sha512 names included', async () => {
    const repository = storage.repository('team/app');
    const image = await pushImage(repository, '1.0');
    const bytes = newContent(30);
    const { id } = await repository.uploads.start('sha512');
    await repository.uploads.append(id, sourceOf(bytes));
    await repository.uploads.commit(id, digestOf(bytes, 'sha512'), journal);
    const by512 = imageOf(image.config, [image.layer], { annotations: { by: 'sha512' } });
    const name = digestOf(by512, 'sha512');
    await repository.manifests.put(
      { mediaType: OCI_IMAGE, bytes: by512, reference: parseReference(name) },
      journal,
    );
    await exported();
    const other = await StorageFixture.open();
    try {
      const { counts } = await importVolume(other.database, storage.root, { verify: true });
      expect(counts).toMatchObject({ layers: 4, manifests: 2, tags: 1, unreadable: 0 });
      await expect(other.repository('team/app').blobs.stat(digestOf(bytes, 'sha512'))).resolves.toBeDefined();
      await expect(other.repository('team/app').manifests.get(parseReference(name))).resolves.toBeDefined();
    } finally {
      await other.close();
    }
  });

  it('is what an import had read, where nothing was changed, and writes nothing then', async () => {
    volume.image('team/app', 'one', ['1.0', 'latest']);
    volume.image('team/app/nested', 'two', ['1.0']);
    const before = volume.files();
    await importVolume(storage.database, storage.root, { verify: false });
    await expect(exported()).resolves.toMatchObject({ contents: 0, links: 0, removed: 0 });
    expect(volume.files()).toEqual(before);
  });

  it('moves what was moved, and removes what was deleted', async () => {
    const one = volume.image('team/app', 'one', ['moved', 'deleted', 'stays']);
    await importVolume(storage.database, storage.root, { verify: false });
    const repository = storage.repository('team/app');
    const two = await pushImage(repository, 'moved');
    await repository.tags.delete('deleted' as never, journal);
    await repository.blobs.delete(one.layer as Digest, journal);
    await expect(exported()).resolves.toMatchObject({ removed: 2 });
    const files = volume.files('repositories/team/app');
    expect(files.get('_manifests/tags/moved/current/link')).toBe(two.digest);
    expect(files.get('_manifests/tags/stays/current/link')).toBe(one.manifest);
    expect([...files.keys()].filter((path) => path.includes('tags/deleted'))).toEqual([]);
    expect(files.has(`_layers/${one.layer.replace(':', '/')}/link`)).toBe(false);
    await expect(exported()).resolves.toMatchObject({ contents: 0, links: 0, removed: 0 });
  });

  it('overwrites no content, and no link that others changed since', async () => {
    const one = volume.image('team/app', 'one', ['latest', 'deleted']);
    await importVolume(storage.database, storage.root, { verify: false });
    const repository = storage.repository('team/app');
    const two = await pushImage(repository, 'latest');
    await repository.tags.delete('deleted' as never, journal);
    const three = volume.image('team/app', 'three', ['latest', 'deleted']);
    volume.write(blobFile(two.config.digest), 'something else');
    await exported();
    expect(conflicts.map(({ path }) => path).toSorted()).toEqual(
      [
        blobFile(two.config.digest),
        'repositories/team/app/_manifests/tags/deleted/current/link',
        'repositories/team/app/_manifests/tags/latest/current/link',
      ].toSorted(),
    );
    expect(volume.read(blobFile(two.config.digest)).toString()).toBe('something else');
    expect(volume.read('repositories/team/app/_manifests/tags/latest/current/link').toString()).toBe(
      three.manifest,
    );
    expect(one.manifest).not.toBe(three.manifest);
  });

  it('does not write through a symbolic link', async () => {
    const outside = join(storage.root, 'outside');
    mkdirSync(outside);
    mkdirSync(join(volume.path, 'repositories'), { recursive: true });
    symlinkSync(outside, join(volume.path, 'repositories', 'team'));
    await pushImage(storage.repository('team/app'), '1.0');
    await exported();
    expect(new ForeignVolume(storage.root).files('../../../outside').size).toBe(0);
    expect(conflicts.length).toBeGreaterThan(0);
  });

  it('does what is left after it was killed at any commit', async () => {
    await pushImage(storage.repository('team/app'), '1.0');
    let commits = 0;
    for (let survived = false; !survived; commits += 1) {
      survived = await exported(new DyingDatabase(storage.database, commits)).then(
        () => true,
        () => false,
      );
    }
    expect(commits).toBeGreaterThan(4);
    const files = volume.files();
    mkdirSync(aside(), { recursive: true });
    writeFileSync(join(aside(), randomUUID()), 'half of a li');
    await expect(exported()).resolves.toMatchObject({ contents: 0, links: 0 });
    expect(existsSync(aside())).toBe(false);
    expect(volume.files()).toEqual(files);
    expect(await storage.database.read("SELECT 1 FROM blobs WHERE state <> 'present'")).toEqual([]);
  });
});
