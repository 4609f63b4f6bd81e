import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteDatabase, WriteBatch } from '@herald/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../../../../test/support/storage-fixture.js';
import { storageMigrations } from '../metadata/schema.js';
import { CollectionHolds } from './collection-holds.js';

const HOUR = 3_600_000;

describe('a hold on garbage collection', () => {
  const directory = mkdtempSync(join(tmpdir(), 'herald-holds-'));
  let database: SqliteDatabase;
  let clock: TestClock;
  let holds: CollectionHolds;

  const removes = async () => {
    const batch = new WriteBatch().run("INSERT INTO repositories (name) VALUES ('x') ON CONFLICT DO NOTHING");
    return (await database.commit(holds.requireNone(batch))).committed;
  };

  beforeEach(() => {
    database = SqliteDatabase.open({
      path: join(directory, 'herald.db'),
      migrations: storageMigrations,
      onWriterDeath: (error) => expect.fail(error.message),
    });
    clock = new TestClock();
    holds = new CollectionHolds(database, clock);
  });

  afterEach(async () => {
    await database.close();
    rmSync(join(directory, 'herald.db'));
  });

  it('keeps a batch that removes content from being committed, until it ends', async () => {
    await expect(removes()).resolves.toBe(true);
    await expect(holds.hold('backup', HOUR)).resolves.toBe(clock.nowMs + HOUR);
    await expect(removes()).resolves.toBe(false);
    await expect(holds.heldUntilMs()).resolves.toBe(clock.nowMs + HOUR);
    clock.nowMs += HOUR;
    await expect(removes()).resolves.toBe(true);
    await expect(holds.heldUntilMs()).resolves.toBeUndefined();
  });

  it('ends when it is released, and others do not', async () => {
    await holds.hold('backup', HOUR);
    await holds.hold('other', 2 * HOUR);
    await holds.release('backup');
    await expect(holds.heldUntilMs()).resolves.toBe(clock.nowMs + 2 * HOUR);
    await holds.release('other');
    await expect(removes()).resolves.toBe(true);
  });

  it('lasts no longer than a month, whatever was asked for', async () => {
    await expect(holds.hold('backup', Number.MAX_SAFE_INTEGER)).resolves.toBe(clock.nowMs + 30 * 24 * HOUR);
  });
});
