import { Database, type CommitOutcome, type Row, type Value, type WriteBatch } from '@herald/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  contentOf,
  digestOf,
  imageOf,
  indexOf,
  newContent,
  OCI_IMAGE,
  OCI_INDEX,
  pushBlob,
  stated,
  StorageFixture,
  TestClock,
} from '../../../../test/support/storage-fixture.js';
import { alone } from '../repository/change.js';
import type { Descriptor, Manifest } from '../repository/descriptor.js';
import type { StoredRepository } from '../repository/repository.js';
import { parseReference } from '../repository/tag.js';

const HOUR = 3_600_000;
const LONG = 100 * HOUR;

/** Lets somebody be faster than a batch that was built already. */
class InterceptedDatabase extends Database {
  before: { readonly statement: RegExp; readonly act: () => Promise<void> } | undefined;

  constructor(private readonly real: Database) {
    super();
  }

  override read<R extends Row = Row>(sql: string, params?: readonly Value[]): Promise<readonly R[]> {
    return this.real.read<R>(sql, params);
  }

  override async commit(batch: WriteBatch): Promise<CommitOutcome> {
    const { before } = this;
    if (before !== undefined && batch.steps.some(({ sql }) => before.statement.test(sql))) {
      this.before = undefined;
      await before.act();
    }
    return this.real.commit(batch);
  }

  override close(): Promise<void> {
    return this.real.close();
  }
}

const RELEASE = /^DELETE FROM repository_blobs/;
const LEAVE = /SET state = 'leaving'/;
const REMOVE_MANIFEST = /^DELETE FROM manifests/;

describe('somebody who is faster than a collection', () => {
  const clock = new TestClock();
  let storage: StorageFixture;
  let repository: StoredRepository;
  let blob: Descriptor;
  let database: InterceptedDatabase | undefined;

  beforeEach(async () => {
    storage = await StorageFixture.open({
      clock,
      settings: { collection: { graceMs: 24 * HOUR, untagged: 48 * HOUR } },
      inlineBytes: 0,
      database: (real) => (database = new InterceptedDatabase(real)),
    });
    repository = storage.repository();
    blob = await pushBlob(repository, newContent(), alone);
  });

  afterEach(() => storage.close());

  /** Collects, and acts before the batch that has such a statement. */
  const collectAfter = async (statement: RegExp, act: () => Promise<unknown>) => {
    clock.advance(LONG);
    let acted = false;
    const intercepted = { statement, act: async () => void (await act(), (acted = true)) };
    if (database) database.before = intercepted;
    const { ended } = await storage.collector.begin({ dryRun: false, force: false, alongside: alone });
    const { report } = (await ended) as { report: { manifests: number; blobs: number; contents: number } };
    expect(acted).toBe(true);
    return report;
  };
  const put = async (bytes: Buffer, mediaType = OCI_IMAGE, tag?: string) =>
    (
      await repository.manifests.put(
        { reference: parseReference(tag ?? digestOf(bytes)), mediaType, bytes },
        alone,
      )
    ).descriptor;

  it('with a manifest keeps its blobs', async () => {
    const report = await collectAfter(RELEASE, () => put(imageOf(blob)));
    expect(report).toMatchObject({ blobs: 0, contents: 0 });
  });

  it('with a push of the same content keeps it', async () => {
    const again = newContent();
    const pushed = await pushBlob(repository, again, alone);
    await repository.blobs.delete(blob.digest, alone);
    const report = await collectAfter(RELEASE, () => pushBlob(repository, again, alone));
    expect(report).toMatchObject({ blobs: 0, contents: 1 });
    await expect(repository.blobs.stat(pushed.digest)).resolves.toEqual(pushed);
  });

  it('with a mount keeps the content, where it was mounted', async () => {
    const other = storage.repository();
    const report = await collectAfter(RELEASE, () => other.blobs.mount(blob.digest, repository.name, alone));
    expect(report).toMatchObject({ blobs: 1, contents: 0 });
    await expect(other.blobs.stat(blob.digest)).resolves.toEqual(blob);
  });

  it('with an upload finds a content that is leaving gone, and brings it again', async () => {
    const content = newContent();
    const pushed = await pushBlob(repository, content, alone);
    await repository.blobs.delete(pushed.digest, alone);
    await put(imageOf(blob), OCI_IMAGE, 'latest');
    let upload: Promise<Descriptor> | undefined;
    await collectAfter(LEAVE, async () => {
      upload = pushBlob(repository, content, alone);
    });
    await expect(upload).resolves.toEqual(pushed);
    await expect(contentOf(repository, pushed.digest)).resolves.toEqual(content);
  });

  it('with a question is told the truth: what it is told to be there stays, and what goes it is not told of', async () => {
    let answer: Promise<Descriptor | undefined> | undefined;
    await collectAfter(RELEASE, async () => {
      answer = repository.blobs.stat(blob.digest);
    });
    await expect(answer).resolves.toBeUndefined();

    const asked = await pushBlob(repository, newContent(), alone);
    clock.advance(LONG);
    await expect(repository.blobs.stat(asked.digest)).resolves.toEqual(asked);
    const { ended } = await storage.collector.begin({ dryRun: false, force: false, alongside: alone });
    await expect(ended).resolves.toMatchObject({ report: { blobs: 0 } });
  });

  it('with a tag on an index keeps its children and what is attached to them', async () => {
    const child = await put(imageOf(blob));
    const signature = await put(imageOf(blob, [], { subject: stated(child) }));
    const index = indexOf([child]);
    await put(index, OCI_INDEX);
    const report = await collectAfter(REMOVE_MANIFEST, () => put(index, OCI_INDEX, 'latest'));
    expect(report).toMatchObject({ manifests: 0, blobs: 0 });
    await expect(repository.manifests.get(parseReference(signature.digest))).resolves.toBeDefined();
  });

  it('with a referrer of a manifest keeps it', async () => {
    const subject = await put(imageOf(blob));
    const report = await collectAfter(REMOVE_MANIFEST, () =>
      put(imageOf(blob, [], { subject: stated(subject) })),
    );
    expect(report).toMatchObject({ manifests: 0, blobs: 0 });
  });

  it('with a question about one of very many indexes keeps what they share', async () => {
    // First in the order of digests, so that its turn comes before that of any index.
    let shared = imageOf(blob);
    for (let n = 0; !digestOf(shared).startsWith('sha256:000'); n += 1)
      shared = imageOf(blob, [], { annotations: { n: String(n) } });
    const child = await put(shared);
    const indexes = await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        put(indexOf([child], { annotations: { n: String(n) } }), OCI_INDEX),
      ),
    );
    const asked = indexes.map(({ digest }) => digest).toSorted()[119] ?? '';
    let answer: Promise<Manifest | undefined> | undefined;
    const report = await collectAfter(REMOVE_MANIFEST, async () => {
      answer = repository.manifests.get(parseReference(asked));
    });
    await expect(answer).resolves.toBeDefined();
    await expect(repository.manifests.get(parseReference(child.digest))).resolves.toBeDefined();
    expect(report).toMatchObject({ manifests: 119, blobs: 0 });
  });
});
