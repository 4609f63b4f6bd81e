import { existsSync } from 'node:fs';
import { WriteBatch } from '@herald/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MortalDatabase, Mortality } from '../../test/mortal-storage.js';
import {
  digestOf,
  imageOf,
  indexOf,
  journal,
  newContent,
  OCI_IMAGE,
  OCI_INDEX,
  pushBlob,
  sourceOf,
  stated,
  StorageFixture,
  TestClock,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import type { Descriptor } from '../repository/descriptor.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference, parseTag } from '../repository/tag.js';
import type { Removal } from './collection-report.js';
import type { CollectionPolicy, CollectionStatus } from './garbage-collector.js';

const HOUR = 3_600_000;
const POLICY: CollectionPolicy = { graceMs: 24 * HOUR, untagged: 48 * HOUR };
const sorted = (removals: readonly Removal[]) =>
  removals.map((removal) => JSON.stringify(removal)).toSorted();

/** Whatever the grace and the precision of sightings are, it is over then. */
const LONG = 100 * HOUR;

describe('collecting garbage', () => {
  let storage: StorageFixture;
  let clock: TestClock;
  const open = (policy: CollectionPolicy = POLICY) => ({
    clock,
    inlineBytes: 16,
    settings: { collection: policy },
  });

  beforeEach(async () => {
    clock = new TestClock();
    storage = await StorageFixture.open(open());
  });

  afterEach(() => storage.close());

  const collect = async (options: { dryRun?: boolean; force?: boolean } = {}): Promise<CollectionStatus> => {
    const { ended } = await storage.collector.begin({
      dryRun: false,
      force: false,
      alongside: journal,
      ...options,
    });
    return ended;
  };
  const reportOf = async (options: { dryRun?: boolean } = {}) => {
    const status = await collect(options);
    if (status.state !== 'completed') throw new Error(`the collection is ${status.state}`);
    return status.report;
  };
  const put = async (
    { manifests }: StoredRepository,
    bytes: Buffer,
    { tag, mediaType = OCI_IMAGE }: { tag?: string; mediaType?: string } = {},
  ): Promise<Descriptor> => {
    const reference = parseReference(tag ?? digestOf(bytes));
    return (await manifests.put({ reference, mediaType, bytes }, alone)).descriptor;
  };
  const image = async (repository: StoredRepository, tag?: string, fields?: object) => {
    const config = await pushBlob(repository, newContent(), alone);
    const manifest = await put(repository, imageOf(config, [], { ...fields }), tag ? { tag } : {});
    return { config, manifest };
  };
  /** By its row: asking the repository would be a reason to keep it. */
  const has = async ({ digest }: Descriptor) =>
    (await storage.database.read('SELECT 1 FROM manifests WHERE digest = ?', [digest])).length > 0;

  it('takes a blob that nothing refers to out of its repository when its grace is over, and its file and row', async () => {
    const repository = storage.repository();
    const large = await pushBlob(repository, newContent(64), alone);
    const small = await pushBlob(repository, newContent(8), alone);
    clock.advance(24 * HOUR);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 0, contents: 0 });
    clock.advance(2 * HOUR);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 2, contents: 2, contentBytes: 72 });
    expect(existsSync(storage.blobFile(large.digest))).toBe(false);
    for (const table of ['blobs', 'repository_blobs', 'inline_contents']) {
      await expect(storage.database.read(`SELECT 1 FROM ${table}`)).resolves.toEqual([]);
    }
    expect(await storage.changes(repository)).toEqual(
      [large, small]
        .toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
        .map((blob) => ({ kind: 'blob-deleted', repository: repository.name, blob })),
    );
  });

  it('keeps what a manifest refers to, also by a sha512 name, and the alias goes with the blob', async () => {
    const repository = storage.repository();
    const content = newContent(64);
    const digest = digestOf(content, 'sha512');
    const { id } = await repository.uploads.start('sha512');
    await repository.uploads.append(id, sourceOf(content));
    const config = await repository.uploads.commit(id, digest, alone);
    const manifest = await put(repository, imageOf(config), { tag: 'latest' });
    clock.advance(LONG);
    await expect(reportOf()).resolves.toMatchObject({ manifests: 0, blobs: 0, contents: 0 });
    await repository.manifests.delete(manifest.digest, alone);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 1, contents: 1 });
    await expect(storage.database.read('SELECT 1 FROM blob_aliases')).resolves.toEqual([]);
  });

  it('counts the grace from the last time somebody was told that the blob is there', async () => {
    const [read, opened, mounted, forgotten] = await Promise.all(
      ['read', 'opened', 'mounted', 'forgotten'].map((name) =>
        pushBlob(storage.repository('team/app'), Buffer.from(name.repeat(9)), alone),
      ),
    );
    if (!read || !opened || !mounted || !forgotten) throw new Error('unreachable');
    const { blobs } = storage.repository('team/app');
    clock.advance(30 * HOUR);
    await blobs.stat(read.digest);
    await blobs.open(opened.digest);
    await storage.repository('team/other').blobs.mount(mounted.digest, undefined, alone);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 2, contents: 1 });
    await expect(blobs.stat(forgotten.digest)).resolves.toBeUndefined();
    await expect(blobs.stat(mounted.digest)).resolves.toBeUndefined();
    await expect(storage.repository('team/other').blobs.stat(mounted.digest)).resolves.toEqual(mounted);
    expect(existsSync(storage.blobFile(mounted.digest))).toBe(true);
  });

  it('keeps everything for one more grace after a crash, because what it told last was not written down', async () => {
    const repository = storage.repository();
    const blob = await pushBlob(repository, newContent(), alone);
    const mortality = new Mortality();
    await storage.restart({ ...open(), database: (real) => new MortalDatabase(real, mortality) });
    clock.advance(LONG);
    await expect(storage.repository(repository.name).blobs.stat(blob.digest)).resolves.toEqual(blob);
    mortality.dieAfter(0);
    await storage.restart(open());
    await expect(reportOf()).resolves.toMatchObject({ blobs: 0, contents: 0 });
    clock.advance(26 * HOUR);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 1, contents: 1 });
  });

  it('counts from the first collection where nobody knows when a content was seen', async () => {
    await pushBlob(storage.repository(), newContent(), alone);
    await image(storage.repository());
    await storage.database.commit(
      new WriteBatch()
        .run('UPDATE repository_blobs SET seen_ms = NULL')
        .run('DELETE FROM manifest_sightings'),
    );
    clock.advance(LONG);
    await expect(reportOf()).resolves.toMatchObject({ manifests: 0, blobs: 0 });
    clock.advance(LONG);
    await expect(reportOf()).resolves.toMatchObject({ manifests: 1, blobs: 2, contents: 2 });
  });

  it('removes contents that no repository has, at once: nobody was told that they are there', async () => {
    const repository = storage.repository();
    const blob = await pushBlob(repository, newContent(64), alone);
    const { config } = await image(repository, 'latest');
    await repository.blobs.delete(blob.digest, alone);
    await expect(reportOf()).resolves.toMatchObject({ blobs: 0, contents: 1, contentBytes: 64 });
    expect(existsSync(storage.blobFile(blob.digest))).toBe(false);
    await repository.delete(alone);
    await expect(reportOf()).resolves.toMatchObject({ contents: 1 });
    expect(existsSync(storage.blobFile(config.digest))).toBe(false);
  });

  describe('of manifests', () => {
    it('keeps those that were pushed by digest or lost their tag, by default', async () => {
      await storage.restart(open({ ...POLICY, untagged: 'keep' }));
      const repository = storage.repository();
      await image(repository);
      await image(repository, 'latest');
      await image(repository, 'latest');
      clock.advance(LONG);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 0, blobs: 0 });
    });

    it('keeps those with a tag, and counts the age of others from the push, the last read, or the loss of the tag', async () => {
      const repository = storage.repository();
      const tagged = await image(repository, 'latest');
      const pushed = await image(repository);
      const read = await image(repository);
      const [moved, deleted] = [await image(repository, 'moved'), await image(repository, 'deleted')];
      clock.advance(LONG);
      await repository.manifests.get(parseReference(read.manifest.digest));
      await image(repository, 'moved');
      await repository.tags.delete(parseTag('deleted'), alone);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 1 });
      expect(await has(pushed.manifest)).toBe(false);
      for (const { manifest } of [tagged, read, moved, deleted]) expect(await has(manifest)).toBe(true);
      clock.advance(LONG);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 3 });
      expect(await has(tagged.manifest)).toBe(true);
    });

    it('keeps children, subjects and referrers of what is kept, in turn', async () => {
      const repository = storage.repository();
      const child = await image(repository);
      const signature = await image(repository, undefined, { subject: stated(child.manifest) });
      const attestation = await image(repository, 'att', { subject: stated(signature.manifest) });
      const other = await image(repository, undefined, { subject: stated(child.manifest) });
      const nested = await put(repository, indexOf([child.manifest]), { mediaType: OCI_INDEX });
      const index = await put(repository, indexOf([nested]), { mediaType: OCI_INDEX });
      clock.advance(LONG);
      // A parent is not kept by its child.
      await expect(reportOf()).resolves.toMatchObject({ manifests: 2 });
      expect(await has(index)).toBe(false);
      await repository.tags.delete(parseTag('att'), alone);
      clock.advance(LONG);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 4, blobs: 4, contents: 4 });
      for (const { manifest } of [child, signature, attestation, other])
        expect(await has(manifest)).toBe(false);
    });

    it('keeps the whole tree below a tagged index, and tells every manifest that goes', async () => {
      const repository = storage.repository();
      const child = await image(repository);
      await image(repository, undefined, { subject: stated(child.manifest) });
      await put(repository, indexOf([child.manifest]), { tag: 'multi', mediaType: OCI_INDEX });
      const stray = await image(repository);
      clock.advance(LONG);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 1, blobs: 1 });
      await expect(storage.changes(repository)).resolves.toEqual([
        { kind: 'manifest-deleted', repository: repository.name, manifest: stray.manifest, tags: [] },
        { kind: 'blob-deleted', repository: repository.name, blob: stray.config },
      ]);
    });

    it('removes a subject with more referrers than fit one batch', async () => {
      const repository = storage.repository();
      const subject = await image(repository);
      const config = await pushBlob(repository, newContent(), alone);
      const push = (index: number) =>
        put(
          repository,
          imageOf(config, [], { subject: stated(subject.manifest), annotations: { index: String(index) } }),
        );
      await Promise.all(Array.from({ length: 250 }, (_, index) => push(index)));
      clock.advance(LONG);
      await expect(reportOf()).resolves.toMatchObject({ manifests: 251, blobs: 2, contents: 2 });
    });
  });

  describe('as a dry run', () => {
    it('says exactly what would go, and nothing goes', async () => {
      const [repository, other] = [storage.repository(), storage.repository()];
      const { config } = await image(repository);
      const kept = await image(repository, 'latest');
      await pushBlob(repository, newContent(64), alone);
      await other.blobs.mount(config.digest, repository.name, alone);
      await other.blobs.mount(kept.config.digest, repository.name, alone);
      clock.advance(LONG);
      const foreseen = await reportOf({ dryRun: true });
      expect(foreseen).toMatchObject({ manifests: 1, blobs: 4, contents: 2, contentBytes: 96 });
      await expect(storage.changes(repository, other)).resolves.toEqual([]);
      await expect(storage.collector.finishedMs()).resolves.toBeUndefined();
      const { startedMs: _foreseen, dryRun: _dry, ...would } = foreseen;
      const { startedMs: _done, dryRun: _wet, ...did } = await reportOf();
      expect({ ...did, removals: sorted(did.removals) }).toEqual({
        ...would,
        removals: sorted(would.removals),
      });
    });
  });

  describe('one at a time', () => {
    it('refuses a second one while one runs, and ends at a slice when the program does', async () => {
      await pushBlob(storage.repository(), newContent(), alone);
      clock.advance(LONG);
      const { collector } = storage;
      const first = await collector.begin({ dryRun: false, force: false, alongside: journal });
      expect(collector.status).toMatchObject({ state: 'running' });
      await expect(collect()).rejects.toMatchObject({ code: 'COLLECTION_REFUSED' });
      await storage.restart(open());
      await expect(first.ended).resolves.toMatchObject({ state: 'stopped', report: { blobs: 0 } });
      expect(collector.status).toMatchObject({ state: 'stopped' });
      await expect(reportOf()).resolves.toMatchObject({ blobs: 1 });
    });

    it('removes nothing while a backup copies contents, but says what would go', async () => {
      const blob = await pushBlob(storage.repository(), newContent(64), alone);
      clock.advance(LONG);
      await storage.holds.hold('backup', HOUR);
      await expect(collect()).rejects.toThrow(/a backup holds collection until/);
      await expect(reportOf({ dryRun: true })).resolves.toMatchObject({ blobs: 1, contents: 1 });
      await storage.holds.release('backup');
      // The backup begins when the batch of the removal is being built.
      const alongside = () => void storage.holds.hold('backup', HOUR);
      const { ended } = await storage.collector.begin({ dryRun: false, force: true, alongside });
      await expect(ended).resolves.toMatchObject({ report: { blobs: 0, contents: 0 } });
      expect(existsSync(storage.blobFile(blob.digest))).toBe(true);
    });
  });

  it('refuses while links of an imported volume could not be read, unless it is forced', async () => {
    await pushBlob(storage.repository(), newContent(), alone);
    clock.advance(LONG);
    await storage.database.commit(
      new WriteBatch().run("INSERT INTO unreadable_links VALUES ('a/link', 'bad-digest', 'not a digest', 1)"),
    );
    await expect(collect()).rejects.toThrow(/1 links .* --force/);
    await expect(collect({ force: true })).resolves.toMatchObject({ report: { blobs: 1 } });
  });
});
