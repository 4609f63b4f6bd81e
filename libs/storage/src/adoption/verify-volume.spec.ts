import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WriteBatch } from '@herald/database';
import { blobFile, ForeignVolume } from '../../../../test/support/foreign-volume.js';
import {
  digestOf,
  imageOf,
  journal,
  newContent,
  OCI_IMAGE,
  pushBlob,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { parseReference } from '../repository/tag.js';
import { exportVolume } from './export-volume.js';
import { importVolume } from './import-volume.js';
import { verifyVolume } from './verify-volume.js';
import type { Stray, VerifyFault } from './verify-run.js';

describe('a verification', () => {
  let storage: StorageFixture;
  let volume: ForeignVolume;
  const verified = async (removeStrays = false) => {
    const faults: VerifyFault[] = [];
    const strays: Stray[] = [];
    const counts = await verifyVolume(storage.database, storage.root, {
      removeStrays,
      onFault: (fault) => faults.push(fault),
      onStray: (stray) => strays.push(stray),
    });
    return { counts, faults: faults.map(({ kind, name }) => `${kind} ${name}`).toSorted(), strays };
  };
  const adopted = () => importVolume(storage.database, storage.root, { verify: false });

  beforeEach(async () => {
    storage = await StorageFixture.open({ inlineBytes: 64 });
    volume = new ForeignVolume(storage.root);
  });

  afterEach(() => storage.close());

  it('finds nothing wrong in what was pushed, imported and exported', async () => {
    volume.image('team/app', 'one', ['1.0']);
    await adopted();
    const repository = storage.repository('team/app');
    const bytes = imageOf(await pushBlob(repository, newContent(40)), [
      await pushBlob(repository, newContent(90)),
    ]);
    await repository.manifests.put(
      { mediaType: OCI_IMAGE, bytes, reference: parseReference('2.0') },
      journal,
    );
    await expect(verified()).resolves.toMatchObject({
      counts: { blobs: 5, manifests: 2 },
      faults: [],
      strays: [],
    });
    await exportVolume(storage.database, storage.root);
    await expect(verified()).resolves.toMatchObject({
      counts: { blobs: 6, faults: 0 },
      faults: [],
      strays: [],
    });
  });

  it('names what is missing and what is wrong, in files and in rows', async () => {
    const repository = storage.repository('team/app');
    const [missing, shorter, changed, inline] = [
      await pushBlob(repository, newContent(90)),
      await pushBlob(repository, newContent(90)),
      await pushBlob(repository, newContent(90)),
      await pushBlob(repository, newContent(30)),
    ];
    const config = await pushBlob(repository, newContent(20));
    const bytes = imageOf(config);
    await repository.manifests.put(
      { mediaType: OCI_IMAGE, bytes, reference: parseReference('1.0') },
      journal,
    );
    const lost = digestOf(Buffer.from('lost'));
    volume.remove(blobFile(missing.digest));
    writeFileSync(storage.blobFile(shorter.digest), 'short');
    writeFileSync(storage.blobFile(changed.digest), newContent(90));
    await storage.database.commit(
      new WriteBatch()
        .run('UPDATE inline_contents SET bytes = ? WHERE digest = ?', [newContent(30), inline.digest])
        .run('UPDATE manifests SET bytes = ?', [Buffer.from('{}')])
        .run('INSERT INTO tags SELECT id, ?, ? FROM repositories', ['dangling', lost])
        .run('INSERT INTO repository_blobs (repository, digest) SELECT id, ? FROM repositories', [lost]),
    );
    const { faults, counts } = await verified();
    expect(faults).toEqual(
      [
        `missing ${missing.digest}`,
        `wrong ${shorter.digest}`,
        `wrong ${changed.digest}`,
        `wrong ${inline.digest}`,
        `wrong team/app@${digestOf(bytes)}`,
        'missing team/app:dangling',
        `missing team/app@${lost}`,
      ].toSorted(),
    );
    expect(counts.faults).toBe(7);
  });

  it('reports files without rows, and removes them only when it is told to', async () => {
    volume.image('team/app', 'one', ['1.0']);
    await adopted();
    const stray = blobFile(volume.blob('nobody knows me'));
    await expect(verified()).resolves.toMatchObject({ strays: [{ path: stray, sizeBytes: 15 }], faults: [] });
    const before = volume.files();
    await expect(verified(true)).resolves.toMatchObject({
      counts: { strays: 1, removedStrays: 1, blobs: 3 },
    });
    expect([...before.keys()].filter((path) => !volume.files().has(path))).toEqual([stray]);
    await expect(verified(true)).resolves.toMatchObject({ strays: [] });
  });

  it('removes nothing while it cannot know whose the files are', async () => {
    volume.image('team/app', 'one', ['1.0']);
    await expect(verified(true)).rejects.toMatchObject({ code: 'NEVER_IMPORTED' });
    volume.link('team/app/_layers', digestOf(Buffer.from('absent')));
    await adopted();
    await expect(verified(true)).rejects.toMatchObject({ code: 'UNREADABLE_LINKS' });
    volume.blob('absent');
    await adopted();
    volume.image('team/later', 'two', ['1.0']);
    const files = volume.files();
    await expect(verified(true)).rejects.toMatchObject({ code: 'UNKNOWN_LINKS' });
    expect(volume.files()).toEqual(files);
    await adopted();
    await expect(verified(true)).resolves.toMatchObject({ strays: [], faults: [] });
  });
});
