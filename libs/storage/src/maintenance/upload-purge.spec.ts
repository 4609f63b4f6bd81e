import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newContent, sourceOf, StorageFixture, TestClock } from '../../../../test/support/storage-fixture.js';
import type { ByteSource } from '../repository/repository.js';
import type { UploadPurgeOptions } from './upload-purge.js';

const HOUR = 3_600_000;
const PURGE: UploadPurgeOptions = { enabled: true, ageMs: 168 * HOUR, intervalMs: 24 * HOUR, dryRun: false };

describe('abandoned uploads', () => {
  let storage: StorageFixture | undefined;

  afterEach(() => storage?.close());

  const open = async (uploadPurge: UploadPurgeOptions | undefined, clock: TestClock) => {
    storage = await StorageFixture.open({ clock, settings: { ...(uploadPurge && { uploadPurge }) } });
    return storage;
  };
  const left = async () => readdir(join(storage?.root ?? '', 'herald/uploads'));
  const begin = async (writtenMs?: number) => {
    const { uploads } = storage?.repository() ?? {};
    const { id } = (await uploads?.start()) ?? { id: '' };
    await uploads?.append(id, sourceOf(newContent()));
    const file = (await left()).find((name) => name.startsWith(id));
    const seconds = (writtenMs ?? Date.now()) / 1_000;
    await utimes(join(storage?.root ?? '', 'herald/uploads', file ?? ''), seconds, seconds);
    return file ?? '';
  };
  const purged = (clock: TestClock) => expect.poll(() => clock.waiting).toBe(1);

  it('are removed at each interval when nobody wrote to them for their age, and others stay', async () => {
    const clock = new TestClock();
    await open(PURGE, clock);
    await purged(clock);
    const old = await begin(clock.nowMs - 145 * HOUR);
    const fresh = await begin(clock.nowMs - 100 * HOUR);
    expect(await left()).toHaveLength(2);
    clock.advance(24 * HOUR);
    await purged(clock);
    expect(await left()).toEqual([fresh]);
    expect(old).not.toBe(fresh);
    clock.advance(72 * HOUR);
    await purged(clock);
    expect(await left()).toEqual([]);
  });

  it('are removed at the start too', async () => {
    const clock = new TestClock();
    const opened = await open(undefined, clock);
    await begin(clock.nowMs - 200 * HOUR);
    await opened.restart({ clock, settings: { uploadPurge: PURGE } });
    await purged(clock);
    expect(await left()).toEqual([]);
  });

  it.each([
    ['it is off', { ...PURGE, enabled: false }],
    ['it is not set', undefined],
  ])('stay while %s', async (_, options) => {
    const clock = new TestClock();
    await open(options, clock);
    await begin(clock.nowMs - 1_000 * HOUR);
    clock.advance(1_000 * HOUR);
    expect([clock.waiting, (await left()).length]).toEqual([0, 1]);
  });

  it('are only counted by a dry run', async () => {
    const clock = new TestClock();
    await open({ ...PURGE, dryRun: true }, clock);
    await purged(clock);
    const old = await begin(clock.nowMs - 1_000 * HOUR);
    clock.advance(24 * HOUR);
    await purged(clock);
    expect(await left()).toEqual([old]);
  });

  it('are none while a client is at work on them, however long it pauses', async () => {
    const clock = new TestClock();
    const opened = await open(PURGE, clock);
    await purged(clock);
    const { uploads } = opened.repository();
    const { id } = await uploads.start();
    const begun = Promise.withResolvers<void>();
    const pause = Promise.withResolvers<void>();
    const slow = async function* (): ByteSource {
      yield newContent();
      begun.resolve();
      await pause.promise;
      yield newContent();
    };
    const appended = uploads.append(id, slow());
    await begun.promise;
    const [file = ''] = await left();
    const long = (clock.nowMs - 1_000 * HOUR) / 1_000;
    await utimes(join(opened.root, 'herald/uploads', file), long, long);
    clock.advance(24 * HOUR);
    // Whoever did not wait for the client would be done by now.
    for (let turn = 0; turn < 100; turn += 1) expect(await left()).toEqual([file]);
    pause.resolve();
    await appended;
    await purged(clock);
    expect(await left()).toEqual([file]);
  });

  it('are not looked for any more once the program stops', async () => {
    const clock = new TestClock();
    const opened = await open(PURGE, clock);
    await purged(clock);
    await opened.restart();
    expect(clock.waiting).toBe(0);
  });
});
