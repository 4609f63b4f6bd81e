import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, newContent, sourceOf } from '../../../../test/support/storage-fixture.js';
import { digestHex, type Digest } from '../repository/digest.js';
import { DurableFiles } from './durable-files.js';
import { FilesystemDriver } from './filesystem-driver.js';
import { describeStorageDriver } from './storage-driver-contract.js';

describeStorageDriver('FilesystemDriver as a storage driver', async () => {
  const root = mkdtempSync(join(tmpdir(), 'herald-driver-'));
  return {
    driver: new FilesystemDriver(root),
    reopened: () => new FilesystemDriver(root),
    remove: () => rm(root, { recursive: true }),
  };
});

/** Says what was synced and linked, in order, and fails or waits where it is told to. */
class WatchedFiles extends DurableFiles {
  readonly seen: string[] = [];
  before: (path: string) => Promise<void> | undefined = () => undefined;

  constructor(private readonly root: string) {
    super();
  }

  override async sync(path: string): Promise<void> {
    await this.before(path);
    await super.sync(path);
    this.seen.push(`sync ${relative(this.root, path)}`);
  }

  override async link(file: string, name: string): Promise<void> {
    this.seen.push('link');
    await super.link(file, name);
  }
}

describe('FilesystemDriver', () => {
  const BLOBS = 'docker/registry/v2/blobs/sha256';
  let root: string;
  let files: WatchedFiles;
  let driver: FilesystemDriver;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'herald-driver-'));
    files = new WatchedFiles(root);
    driver = new FilesystemDriver(root, files);
    await driver.prepare();
  });

  afterEach(() => rm(root, { recursive: true }));

  const directoryOf = (digest: Digest) => join(BLOBS, digestHex(digest).slice(0, 2), digestHex(digest));
  const fileOf = (digest: Digest) => join(root, directoryOf(digest), 'data');
  const upload = async (key: string, bytes: Uint8Array) => {
    await driver.createUpload(key);
    await driver.appendUpload(key, 0, sourceOf(bytes), () => undefined);
  };

  it('has blobs where Distribution has them', async () => {
    const bytes = newContent();
    await upload('a', bytes);
    await driver.placeBlob('a', digestOf(bytes));
    await expect(readFile(fileOf(digestOf(bytes)))).resolves.toEqual(bytes);
  });

  it('makes an upload a blob without copying it', async () => {
    const bytes = newContent();
    await upload('a', bytes);
    await driver.placeBlob('a', digestOf(bytes));
    const [before, after] = await Promise.all([
      stat(join(root, 'herald/uploads/a')),
      stat(fileOf(digestOf(bytes))),
    ]);
    expect(after.ino).toBe(before.ino);
  });

  it('syncs the bytes before they have a name, and then every directory on the way to it', async () => {
    const bytes = newContent();
    const directory = directoryOf(digestOf(bytes));
    await upload('a', bytes);
    files.seen.length = 0;
    await driver.placeBlob('a', digestOf(bytes));
    expect(files.seen).toEqual([
      'sync herald/uploads/a',
      `sync ${dirname(directory)}`,
      `sync ${BLOBS}`,
      'link',
      `sync ${directory}`,
      `sync ${dirname(directory)}`,
    ]);
  });

  it('syncs directories that a killed process left too', async () => {
    const bytes = newContent();
    const directory = directoryOf(digestOf(bytes));
    await mkdir(join(root, directory), { recursive: true });
    await upload('a', bytes);
    files.seen.length = 0;
    await driver.placeBlob('a', digestOf(bytes));
    for (const made of [directory, dirname(directory), BLOBS]) expect(files.seen).toContain(`sync ${made}`);
  });

  it('makes its own directories durable up to the one that was there before', async () => {
    const deeper = new WatchedFiles(root);
    await new FilesystemDriver(join(root, 'new/data'), deeper).prepare();
    for (const made of [
      '',
      'new',
      'new/data',
      'new/data/docker',
      'new/data/docker/registry/v2/blobs',
      'new/data/herald',
    ])
      expect(deeper.seen).toContain(`sync ${made}`);
  });

  it('lets nobody be faster than the one who is still making a directory durable', async () => {
    const [first, second] = samePrefix();
    const seen: string[] = [];
    const held = Promise.withResolvers<void>();
    await Promise.all([upload('first', first), upload('second', second)]);
    files.before = (path) => (path.endsWith('/blobs/sha256') ? held.promise : undefined);
    const placing = [
      driver.placeBlob('first', digestOf(first)).then(() => seen.push('first')),
      driver.placeBlob('second', digestOf(second)).then(() => seen.push('second')),
    ];
    // Long enough for the second one, if it did not wait: as much work, begun later.
    const other = new FilesystemDriver(join(root, 'other'));
    await other.prepare();
    await other.createUpload('third');
    await other.placeBlob('third', digestOf(first));
    seen.push('released');
    held.resolve();
    await Promise.all(placing);
    expect(seen[0]).toBe('released');
  });

  it('tries a directory again that could not be made durable', async () => {
    const bytes = newContent();
    await upload('a', bytes);
    files.before = (path) =>
      path.endsWith('/blobs/sha256') ? Promise.reject(new Error('no space left')) : undefined;
    await expect(driver.placeBlob('a', digestOf(bytes))).rejects.toThrow('no space left');
    await expect(driver.blobSize(digestOf(bytes))).resolves.toBeUndefined();
    files.before = () => undefined;
    files.seen.length = 0;
    await driver.placeBlob('a', digestOf(bytes));
    expect(files.seen).toContain(`sync ${BLOBS}`);
  });

  it('gives an upload up whose bytes the disk did not take, because syncing again would lie', async () => {
    const bytes = newContent();
    await upload('a', bytes);
    files.before = (path) => (path.endsWith('/a') ? Promise.reject(new Error('the disk failed')) : undefined);
    await expect(driver.placeBlob('a', digestOf(bytes))).rejects.toThrow('the disk failed');
    await expect(driver.uploadSize('a')).resolves.toBeUndefined();
    await expect(driver.blobSize(digestOf(bytes))).resolves.toBeUndefined();
  });

  it('leaves nothing beside the blob when it replaces a file, also after a crash in the middle of that', async () => {
    const bytes = newContent();
    const directory = join(root, directoryOf(digestOf(bytes)));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'data'), 'stray');
    await writeFile(join(directory, 'data.new'), 'left by a crash');
    await upload('a', bytes);
    for (let time = 0; time < 2; time += 1) {
      await driver.placeBlob('a', digestOf(bytes));
      await expect(readdir(directory)).resolves.toEqual(['data']);
      await expect(readFile(fileOf(digestOf(bytes)))).resolves.toEqual(bytes);
    }
  });

  it('takes the directory of a removed blob along, durably', async () => {
    const bytes = newContent();
    await upload('a', bytes);
    await driver.placeBlob('a', digestOf(bytes));
    files.seen.length = 0;
    await driver.removeBlob(digestOf(bytes));
    await expect(stat(dirname(fileOf(digestOf(bytes))))).rejects.toThrow('ENOENT');
    expect(files.seen).toEqual([`sync ${dirname(directoryOf(digestOf(bytes)))}`]);
  });

  it('notices when its place is gone', async () => {
    await rm(join(root, 'herald'), { recursive: true });
    await expect(driver.check()).rejects.toThrow('ENOENT');
  });

  it('takes a root that is relative to where the process stands', async () => {
    const relativeDriver = new FilesystemDriver(`./${relative(process.cwd(), root)}/relative`);
    for (let start = 0; start < 2; start += 1) await relativeDriver.prepare();
    await expect(stat(join(root, 'relative', BLOBS))).resolves.toBeDefined();
  });
});

/** Two contents whose digests begin with the same two digits. */
function samePrefix(): readonly [Buffer, Buffer] {
  const first = newContent();
  for (;;) {
    const second = newContent();
    if (digestOf(second).slice(0, 9) === digestOf(first).slice(0, 9)) return [first, second];
  }
}
