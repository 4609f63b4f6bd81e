import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteDatabase, type Database } from '@herald/database';
import { blobFile, ForeignVolume } from '../../../../test/support/foreign-volume.js';
import { contentOf, digestOf, journal, StorageFixture } from '../../../../test/support/storage-fixture.js';
import { storageMigrations } from '../metadata/schema.js';
import type { Digest } from '../repository/digest.js';
import { parseReference } from '../repository/tag.js';
import { DyingDatabase } from '../../../../test/support/dying-database.js';
import { importState, type ImportRecord } from './import-record.js';
import { importVolume } from './import-volume.js';
import { countUnreadableLinks, listUnreadableLinks, type UnreadableLink } from './unreadable-links.js';

describe('an import of a foreign volume', () => {
  let storage: StorageFixture;
  let volume: ForeignVolume;
  const adopt = (verify = false, database: Database = storage.database): Promise<ImportRecord> =>
    importVolume(database, storage.root, { verify, chunk: 16 });
  const unreadable = () => allUnreadable(storage.database);
  const digestAt = async (name: string, reference: string) =>
    (await storage.repository(name).manifests.get(parseReference(reference)))?.descriptor.digest;

  beforeEach(async () => {
    storage = await StorageFixture.open();
    volume = new ForeignVolume(storage.root);
  });

  afterEach(() => storage.close());

  it('takes over blobs, manifests and tags in place, and tells nobody', async () => {
    const image = volume.image('team/app', 'one', ['1.0', 'latest']);
    const mounted = volume.layer('team/other', 'the layer of one');
    const files = volume.files();
    const { counts } = await adopt();
    expect(counts).toMatchObject({ blobs: 3, layers: 3, manifests: 1, tags: 2, unreadable: 0 });
    const repository = storage.repository('team/app');
    const manifest = await repository.manifests.get(parseReference('latest'));
    expect(manifest && Buffer.from(manifest.bytes).toString()).toBe(JSON.stringify(image.document));
    expect(await digestAt('team/app', '1.0')).toBe(image.manifest);
    expect(await contentOf(repository, image.layer as Digest)).toEqual(Buffer.from('the layer of one'));
    expect(await contentOf(storage.repository('team/other'), mounted as Digest)).toBeDefined();
    expect(await contentOf(storage.repository('team/other'), image.config as Digest)).toBeUndefined();
    expect(volume.files()).toEqual(files);
    expect(await storage.changes(repository)).toEqual([]);
  });

  it('fills the rows of a manifest as a push of it would', async () => {
    const base = volume.image('team/app', 'base');
    const config = { mediaType: 'application/vnd.example', digest: base.config, size: 1 };
    const subject = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: base.manifest,
      size: 1,
    };
    const document = { schemaVersion: 2, config, layers: [], subject, annotations: { by: 'me' } };
    const digest = volume.manifest('team/app', document);
    volume.manifest('team/app', { schemaVersion: 2, manifests: [subject] }, ['index']);
    await adopt();
    const rows = await storage.database.read(
      'SELECT media_type, subject, artifact_type, annotations FROM manifests WHERE digest = ?',
      [digest],
    );
    expect(rows).toEqual([
      {
        media_type: 'application/vnd.oci.image.manifest.v1+json',
        subject: base.manifest,
        artifact_type: 'application/vnd.example',
        annotations: '{"by":"me"}',
      },
    ]);
    const page = await storage.repository('team/app').manifests.referrers(base.manifest as Digest, {});
    expect(page.items.map((item) => item.digest)).toEqual([digest]);
    const index = await storage.repository('team/app').manifests.get(parseReference('index'));
    expect(index).toMatchObject({ kind: 'index', references: [{ digest: base.manifest }] });
  });

  it('knows a blob by the sha512 that it was pushed with, after reading it', async () => {
    const digest = volume.layer('team/app', 'content');
    const longer = digestOf(Buffer.from('content'), 'sha512');
    const wrong = digestOf(Buffer.from('other'), 'sha512');
    volume.link('team/app/_layers', longer, digest);
    volume.link('team/app/_layers', wrong, digest);
    await adopt();
    expect(await contentOf(storage.repository('team/app'), longer)).toEqual(Buffer.from('content'));
    expect(await unreadable()).toMatchObject([
      { kind: 'wrong-content', path: expect.stringContaining(wrong.slice(7)) },
    ]);
  });

  it('makes a row of each thing that it cannot read, follows nothing, and forgets it when it is repaired', async () => {
    const image = volume.image('team/app', 'one', ['good']);
    const absent = digestOf(Buffer.from('absent'));
    volume.link('team/app/_layers', absent);
    volume.link('team/app/_layers', digestOf(Buffer.from('b')), 'sha256:short');
    volume.link('team/app/_layers', digestOf(Buffer.from('c')), `${image.layer}\n`);
    volume.link('team/app/_layers', digestOf(Buffer.from('d')), image.layer);
    volume.link('team/app/_manifests/revisions', image.layer);
    volume.tag('team/app', 'gone', absent);
    volume.tag('team/app', '-bad', image.manifest);
    volume.write('repositories/Team/app/_layers/x', '');
    volume.write('repositories/team/app/_strange/x', '');
    volume.write('repositories/team/notes.txt', '');
    volume.write('repositories/team/app/_layers/md5/x/link', '');
    volume.write('blobs/sha256/zz/zz/data', '');
    volume.write(blobFile(absent.replace('sha256:0', 'sha256:1')), '');
    volume.write('repositories/team/app/_uploads/id/data', 'half');
    volume.write(`blobs/sha256/ab/data.${crypto.randomUUID()}.tmp`, 'half');
    const outside = new ForeignVolume(join(storage.root, 'elsewhere'));
    outside.image('secret', 'outside');
    symlinkSync(join(outside.path, 'repositories', 'secret'), join(volume.path, 'repositories', 'linked'));
    volume.link('team/app/_layers', digestOf(Buffer.from('e')));
    const { counts } = await adopt();
    const found = await unreadable();
    const kinds = Object.groupBy(found, ({ kind }) => kind);
    expect(Object.fromEntries(Object.entries(kinds).map(([kind, links]) => [kind, links?.length]))).toEqual({
      'missing-target': 3,
      'bad-digest': 5,
      'bad-name': 2,
      'not-a-manifest': 1,
      'wrong-content': 1,
      unexpected: 2,
      symlink: 1,
    });
    expect(counts).toMatchObject({ unreadable: 15, uploads: 1, leftovers: 1, tags: 1, layers: 2 });
    expect(await countUnreadableLinks(storage.database)).toBe(15);
    expect(found.every(({ path }) => !path.startsWith('/'))).toBe(true);
    expect(await contentOf(storage.repository('linked'), image.layer as Digest)).toBeUndefined();

    volume.blob('absent');
    volume.remove('repositories/linked');
    await adopt();
    expect((await unreadable()).map(({ path }) => path)).toHaveLength(12);
    expect(await contentOf(storage.repository('team/app'), absent)).toEqual(Buffer.from('absent'));
  });

  it('finds out what was cut or changed when it is told to read every blob', async () => {
    const whole = volume.layer('team/app', 'whole');
    const changed = volume.layer('team/app', 'changed');
    volume.write(blobFile(changed), 'chAnged');
    expect((await adopt(true)).counts).toMatchObject({ blobs: 1, unreadable: 2 });
    expect((await unreadable()).map(({ kind }) => kind).toSorted()).toEqual([
      'missing-target',
      'wrong-content',
    ]);
    expect(await contentOf(storage.repository('team/app'), whole as Digest)).toEqual(Buffer.from('whole'));
    volume.blob('changed');
    expect((await adopt(true)).counts).toMatchObject({ blobs: 2, unreadable: 0 });
  });

  it('reads a blob whose length is another one since, and takes it when it was restored', async () => {
    const [restored, cut] = [
      volume.layer('team/app', 'restored'),
      volume.layer('team/app', 'cut'),
    ] as Digest[];
    volume.write(blobFile(String(restored)), 'rest');
    await adopt();
    volume.blob('restored');
    volume.write(blobFile(String(cut)), 'c');
    await adopt();
    const repository = storage.repository('team/app');
    expect(await contentOf(repository, restored as Digest)).toEqual(Buffer.from('restored'));
    expect(await contentOf(repository, cut as Digest)).toBeUndefined();
    expect(await unreadable()).toMatchObject([{ kind: 'wrong-content', path: blobFile(String(cut)) }]);
  });

  it('leaves what was moved or deleted since as it is, and takes what the volume got since', async () => {
    const one = volume.image('team/app', 'one', ['moved-here', 'moved-there', 'deleted', 'moved-both']);
    const two = volume.image('team/app', 'two');
    await adopt();
    const { manifests, tags } = storage.repository('team/app');
    const push = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      bytes: Buffer.from(JSON.stringify(two.document)),
    };
    for (const tag of ['moved-here', 'moved-both'])
      await manifests.put({ ...push, reference: parseReference(tag) }, journal);
    await tags.delete('deleted' as never, journal);
    const three = volume.image('team/app', 'three', ['new', 'moved-there', 'moved-both']);
    const { counts } = await adopt();
    expect(counts).toMatchObject({ tags: 2, kept: 1, manifests: 1, layers: 2 });
    expect(await digestAt('team/app', 'moved-here')).toBe(two.manifest);
    expect(await digestAt('team/app', 'moved-both')).toBe(two.manifest);
    expect(await digestAt('team/app', 'moved-there')).toBe(three.manifest);
    expect(await digestAt('team/app', 'new')).toBe(three.manifest);
    expect(await digestAt('team/app', 'deleted')).toBeUndefined();
    expect(await digestAt('team/app', one.manifest)).toBe(one.manifest);
  });

  it('goes on from wherever it was killed, and ends as if it had not been', async () => {
    for (let index = 0; index < 12; index += 1)
      volume.image(`team/app-${index % 7}`, `${index}`, [`t${index}`]);
    volume.link('team/app-3/_layers', digestOf(Buffer.from('absent')));
    const { counts } = await adopt();
    const expected = { counts, rows: await rowsOf(storage.database) };
    expect(counts).toMatchObject({ blobs: 36, layers: 24, manifests: 12, tags: 12, unreadable: 1 });
    let commits = 0;
    for (let survived = false; !survived; commits += 1) {
      const database = openDatabase(join(storage.root, `killed-after-${commits}.db`));
      try {
        survived = await adopt(false, new DyingDatabase(database, commits)).then(
          () => true,
          () => false,
        );
        const resumed = await adopt(false, database);
        if (!survived) expect({ counts: resumed.counts, rows: await rowsOf(database) }).toEqual(expected);
      } finally {
        await database.close();
      }
    }
    expect(commits).toBeGreaterThan(6);
  });

  it('leaves every index as it was, finished at once or after it was killed', async () => {
    volume.image('team/app', 'one', ['1.0']);
    const indexes = () =>
      storage.database.read("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name");
    const before = await indexes();
    await expect(adopt(false, new DyingDatabase(storage.database, 4))).rejects.toThrow('killed');
    for (const _ of ['goes on', 'once more']) {
      await adopt();
      expect(await indexes()).toEqual(before);
    }
  });

  it('goes on reading every blob when it began so, whatever it is told then', async () => {
    const digests = Array.from({ length: 40 }, (_, index) =>
      volume.layer('team/app', `blob ${index}`),
    ).toSorted();
    const last = String(digests.at(-1));
    volume.write(blobFile(last), 'blob X');
    await expect(adopt(true, new DyingDatabase(storage.database, 3))).rejects.toThrow('killed');
    expect((await adopt(false)).counts).toMatchObject({ blobs: 39 });
    expect((await unreadable()).map(({ kind, path }) => ({ kind, path }))).toContainEqual({
      kind: 'wrong-content',
      path: blobFile(last),
    });
  });

  it('stops the registry from starting while it is unfinished', async () => {
    volume.image('team/app', 'one', ['1.0']);
    await expect(adopt(false, new DyingDatabase(storage.database, 2))).rejects.toThrow('killed');
    expect(await importState(storage.database)).toBe('unfinished');
    await expect(storage.restart()).rejects.toMatchObject({ code: 'IMPORT_UNFINISHED' });
  });
});

async function allUnreadable(database: Database): Promise<readonly UnreadableLink[]> {
  const links: UnreadableLink[] = [];
  for await (const link of listUnreadableLinks(database)) links.push(link);
  return links;
}

/** Everything that an import writes, but for its own number. */
function rowsOf(database: Database): Promise<readonly unknown[]> {
  const queries = [
    'SELECT digest, size_bytes, state FROM blobs ORDER BY digest',
    'SELECT name FROM repositories ORDER BY id',
    'SELECT repository, digest FROM repository_blobs ORDER BY repository, digest',
    'SELECT repository, digest, media_type, subject, bytes FROM manifests ORDER BY repository, digest',
    'SELECT repository, manifest, digest FROM manifest_references ORDER BY repository, manifest, digest',
    'SELECT repository, name, digest FROM tags ORDER BY repository, name',
    'SELECT path, digest FROM known_links ORDER BY path',
    'SELECT path, kind, reason FROM unreadable_links ORDER BY path',
  ];
  return Promise.all(queries.map((query) => database.read(query)));
}

function openDatabase(path: string): Database {
  return SqliteDatabase.open({
    path,
    migrations: storageMigrations,
    onWriterDeath: (error) => {
      throw error;
    },
  });
}
