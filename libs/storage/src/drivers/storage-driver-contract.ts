import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  brokenSourceOf,
  collect,
  digestOf,
  newContent,
  sourceOf,
} from '../../../../test/support/storage-fixture.js';
import type { StorageDriver } from './storage-driver.js';

/** A driver on a place of its own. */
export interface DriverUnderTest {
  readonly driver: StorageDriver;
  /** Another driver on the same place, as after a restart. */
  readonly reopened: () => StorageDriver;
  readonly remove: () => Promise<void>;
}

const MEBIBYTE = 1024 * 1024;

/** What every driver promises, whatever it stores into. */
export function describeStorageDriver(name: string, create: () => Promise<DriverUnderTest>): void {
  describe(name, () => {
    let tested: DriverUnderTest;

    beforeEach(async () => {
      tested = await create();
      await tested.driver.prepare();
    });

    afterEach(() => tested.remove());

    describePlace(() => tested);
    describeUploads(() => tested.driver);
    describeBlobs(() => tested.driver);
    describeUploadsOfBlobs(() => tested.driver);
  });
}

function describePlace(tested: () => DriverUnderTest): void {
  it('can be used when it is prepared, also a second time', async () => {
    await tested().driver.prepare();
    await expect(tested().driver.check()).resolves.toBeUndefined();
  });

  it('keeps uploads and blobs over a restart', async () => {
    const bytes = newContent();
    await upload(tested().driver, 'kept', bytes);
    await tested().driver.placeBlob('kept', digestOf(bytes));
    const reopened = tested().reopened();
    await reopened.prepare();
    await expect(reopened.uploadSize('kept')).resolves.toBe(bytes.length);
    await expect(reopened.blobSize(digestOf(bytes))).resolves.toBe(bytes.length);
  });
}

function describeUploads(driver: () => StorageDriver): void {
  it('lists its uploads and when they were written to last, and none that ended', async () => {
    const listed = async () => {
      const keys: string[] = [];
      for await (const key of driver().listUploads()) keys.push(key);
      return keys.toSorted();
    };
    await expect(listed()).resolves.toEqual([]);
    const before = Date.now();
    for (const key of ['a', 'b']) await upload(driver(), key, newContent());
    await expect(listed()).resolves.toEqual(['a', 'b']);
    const writtenMs = await driver().uploadWrittenMs('a');
    expect(Math.abs((writtenMs ?? 0) - before)).toBeLessThan(60_000);
    await driver().removeUpload('a');
    await expect(listed()).resolves.toEqual(['b']);
    await expect(driver().uploadWrittenMs('a')).resolves.toBeUndefined();
  });

  it('begins an upload empty, and never takes one key twice', async () => {
    await driver().createUpload('a');
    await expect(driver().uploadSize('a')).resolves.toBe(0);
    await expect(collect(driver().readUpload('a'))).resolves.toHaveLength(0);
    await expect(driver().createUpload('a')).rejects.toBeInstanceOf(Error);
  });

  it('knows no upload that was not begun', async () => {
    await expect(driver().uploadSize('a')).resolves.toBeUndefined();
  });

  it('appends chunks of every size, and tells of each byte once and in order', async () => {
    const chunks = [1, 0, 70_000, 3 * MEBIBYTE + 5, MEBIBYTE, 2].map(newContent);
    const whole = Buffer.concat(chunks);
    const told: Buffer[] = [];
    await driver().createUpload('a');
    const tell = (piece: Uint8Array) => told.push(Buffer.from(piece));
    await expect(driver().appendUpload('a', 0, sourceOf(...chunks), tell)).resolves.toBe(whole.length);
    expect(Buffer.concat(told).equals(whole)).toBe(true);
    expect((await collect(driver().readUpload('a'))).equals(whole)).toBe(true);
  });

  it('cuts off what lies behind the place where it appends', async () => {
    await upload(driver(), 'a', Buffer.from('one two'));
    await expect(driver().appendUpload('a', 3, sourceOf(Buffer.from('!')), ignore)).resolves.toBe(4);
    await expect(collect(driver().readUpload('a'))).resolves.toEqual(Buffer.from('one!'));
  });

  it('keeps what came before its source broke, and passes the fault on', async () => {
    const [first, second] = [newContent(MEBIBYTE + 1), newContent(9)];
    const told: number[] = [];
    await driver().createUpload('a');
    const appending = driver().appendUpload('a', 0, brokenSourceOf(first, second), (piece) =>
      told.push(piece.length),
    );
    await expect(appending).rejects.toThrow('the connection was reset');
    expect((await collect(driver().readUpload('a'))).equals(Buffer.concat([first, second]))).toBe(true);
    expect(told.reduce((sum, length) => sum + length)).toBe(first.length + second.length);
  });

  it('forgets a removed upload, and removes one that is gone', async () => {
    await upload(driver(), 'a', newContent());
    await driver().removeUpload('a');
    await expect(driver().uploadSize('a')).resolves.toBeUndefined();
    await expect(driver().removeUpload('a')).resolves.toBeUndefined();
  });
}

function describeBlobs(driver: () => StorageDriver): void {
  it('knows no blob that was not placed', async () => {
    await expect(driver().blobSize(digestOf(newContent()))).resolves.toBeUndefined();
  });

  it.each([0, 1, MEBIBYTE, 2 * MEBIBYTE + 7])('gives back a blob of %i bytes', async (sizeBytes) => {
    const bytes = newContent(sizeBytes);
    await placed(driver(), bytes);
    await expect(driver().blobSize(digestOf(bytes))).resolves.toBe(sizeBytes);
    const read = await collect(driver().readBlob(digestOf(bytes), { start: 0, end: sizeBytes - 1 }));
    expect(read.equals(bytes)).toBe(true);
  });

  it.each([
    [0, 0],
    [1, 1],
    [0, MEBIBYTE - 1],
    [MEBIBYTE - 1, MEBIBYTE],
    [MEBIBYTE + 3, 2 * MEBIBYTE + 6],
  ])('gives the bytes from %i to %i, both included', async (start, end) => {
    const bytes = newContent(2 * MEBIBYTE + 7);
    await placed(driver(), bytes);
    const read = await collect(driver().readBlob(digestOf(bytes), { start, end }));
    expect(read.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('does not pass a shorter file off as the range that was asked for', async () => {
    const bytes = newContent(10);
    await placed(driver(), bytes);
    await expect(collect(driver().readBlob(digestOf(bytes), { start: 5, end: 10 }))).rejects.toThrow(
      'shorter',
    );
  });

  it('replaces what lies under the name of a blob', async () => {
    const bytes = newContent();
    await upload(driver(), 'wrong', newContent(99));
    await driver().placeBlob('wrong', digestOf(bytes));
    await placed(driver(), bytes);
    await expect(collect(driver().readBlob(digestOf(bytes), { start: 0, end: 31 }))).resolves.toEqual(bytes);
    await placed(driver(), bytes);
    await expect(driver().blobSize(digestOf(bytes))).resolves.toBe(bytes.length);
  });

  it('forgets a removed blob, and removes one that is gone or never was', async () => {
    const bytes = newContent();
    await placed(driver(), bytes);
    await driver().removeBlob(digestOf(bytes));
    await expect(driver().blobSize(digestOf(bytes))).resolves.toBeUndefined();
    await expect(driver().removeBlob(digestOf(bytes))).resolves.toBeUndefined();
    await expect(driver().removeBlob(digestOf(newContent()))).resolves.toBeUndefined();
  });
}

function describeUploadsOfBlobs(driver: () => StorageDriver): void {
  it('keeps the upload beside the blob, and the blob without the upload', async () => {
    const bytes = newContent();
    await upload(driver(), 'a', bytes);
    await driver().placeBlob('a', digestOf(bytes));
    await expect(driver().uploadSize('a')).resolves.toBe(bytes.length);
    await driver().removeUpload('a');
    await expect(driver().blobSize(digestOf(bytes))).resolves.toBe(bytes.length);
  });

  it('leaves a blob as it is whose upload stayed behind, and goes on', async () => {
    const [bytes, more] = [newContent(), newContent()];
    await upload(driver(), 'a', bytes);
    await driver().placeBlob('a', digestOf(bytes));
    for (const [offset, appended] of [
      [bytes.length, more],
      [0, newContent(10)],
    ] as const) {
      await driver().appendUpload('a', offset, sourceOf(appended), ignore);
      await expect(driver().uploadSize('a')).resolves.toBe(offset + appended.length);
      const blob = driver().readBlob(digestOf(bytes), { start: 0, end: bytes.length - 1 });
      await expect(collect(blob)).resolves.toEqual(bytes);
      await expect(driver().blobSize(digestOf(bytes))).resolves.toBe(bytes.length);
    }
    await expect(collect(driver().readUpload('a'))).resolves.toHaveLength(10);
  });
}

const ignore = () => undefined;

async function upload(driver: StorageDriver, key: string, bytes: Uint8Array): Promise<void> {
  await driver.createUpload(key);
  await driver.appendUpload(key, 0, sourceOf(bytes), ignore);
}

async function placed(driver: StorageDriver, bytes: Uint8Array): Promise<void> {
  await upload(driver, 'placed', bytes);
  await driver.placeBlob('placed', digestOf(bytes));
  await driver.removeUpload('placed');
}
