import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiskRefusal } from '../disk/system-refusal.js';
import { WatchedDisk } from '../disk/watched-disk.js';
import { WriteBatch, type WritePurpose } from '../write-batch.js';
import { GroupCommit } from './group-commit.js';
import { SqliteDatabase } from './sqlite-database.js';
import { WriterConnection } from './writer-connection.js';

const TABLE = 'CREATE TABLE facts (name TEXT PRIMARY KEY) STRICT';

/** Result codes of SQLite: the primary one, and what it tells of it. */
const IOERR_WRITE = 10 | (3 << 8);
const IOERR_FSYNC = 10 | (4 << 8);
const READONLY = 8;

const insert = (name: string, purpose?: WritePurpose) =>
  new WriteBatch(purpose).run('INSERT INTO facts (name) VALUES (?)', [name]);

let directory: string;

beforeEach(() => {
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  }
  directory = mkdtempSync(join(tmpdir(), 'herald-full-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

/** A connection whose commit fails with SQLite's code, as often as it is told to. */
class FailingConnection extends WriterConnection {
  opened = 0;
  failures = 0;

  constructor(
    path: string,
    private readonly errcode: number,
  ) {
    super(() => {
      // The first one is opened before this object is whole.
      queueMicrotask(() => (this.opened += 1));
      return new DatabaseSync(path);
    });
  }

  override run(sql: string): void {
    if (sql === 'COMMIT' && this.failures > 0) {
      this.failures -= 1;
      throw Object.assign(new Error('disk I/O error'), { errcode: this.errcode });
    }
    super.run(sql);
  }
}

describe('a commit that the disk refuses', () => {
  const commitOver = async (errcode: number, disk: DiskRefusal | undefined) => {
    const connection = new FailingConnection(join(directory, 'facts.db'), errcode);
    connection.statement(TABLE).run();
    const commit = new GroupCommit(connection, () => disk);
    connection.failures = 1;
    const first = commit.commit([insert('a').steps]);
    const second = commit.broken ? undefined : commit.commit([insert('b').steps]);
    await Promise.resolve();
    connection.close();
    return { first, second, broken: commit.broken, opened: connection.opened };
  };

  it('is full where the disk says so, and the next group has a new connection', async () => {
    await expect(commitOver(IOERR_WRITE, 'full')).resolves.toMatchObject({
      first: [{ committed: false, failure: { code: 'FULL' } }],
      second: [{ committed: true }],
      broken: false,
      opened: 2,
    });
  });

  it.each([
    ['the disk', IOERR_WRITE, 'readonly'],
    ['SQLite', READONLY, undefined],
  ] as const)(
    'is read-only where %s says so, and the next group has a new connection',
    async (_who, errcode, disk) => {
      await expect(commitOver(errcode, disk)).resolves.toMatchObject({
        first: [{ failure: { code: 'READ_ONLY' } }],
        second: [{ committed: true }],
        broken: false,
        opened: 2,
      });
    },
  );

  it('is the end of the connection when the disk says nothing: that is a true I/O error', async () => {
    await expect(commitOver(IOERR_WRITE, undefined)).resolves.toMatchObject({
      first: [{ failure: { code: 'IO' } }],
      broken: true,
    });
  });

  it('is the end of the connection when a sync failed, whatever the disk says', async () => {
    await expect(commitOver(IOERR_FSYNC, 'full')).resolves.toMatchObject({
      first: [{ failure: { code: 'IO' } }],
      broken: true,
    });
  });
});

describe('a database on a full disk', () => {
  let disk: WatchedDisk;
  let database: SqliteDatabase;
  let free: number;

  beforeEach(async () => {
    free = 1_000_000;
    disk = await WatchedDisk.open(
      { directories: [directory], minFreeBytes: 1_000, reserveBytes: 64 * 1024 },
      { freeBytes: () => Promise.resolve(free), setTimer: () => () => undefined },
    );
    const migrations = [{ library: 'test', version: 1, sql: TABLE }];
    const onWriterDeath = (error: Error) => {
      throw error;
    };
    database = SqliteDatabase.open({ path: join(directory, 'facts.db'), migrations, onWriterDeath, disk });
  });

  afterEach(async () => {
    disk.close();
    await database.close();
  });

  it('refuses what is new, takes what was promised, and reads', async () => {
    free = 0;
    await disk.look();
    await expect(database.commit(insert('new'))).rejects.toMatchObject({ code: 'FULL' });
    await expect(database.commit(insert('done', 'progress'))).resolves.toEqual({ committed: true });
    await expect(database.commit(insert('gone', 'retention'))).resolves.toEqual({ committed: true });
    await expect(database.read('SELECT name FROM facts ORDER BY name')).resolves.toEqual([
      { name: 'done' },
      { name: 'gone' },
    ]);
  });

  it.each(['progress', 'retention'] as const)(
    'gives up of the reserve for %s what it is worth',
    async (purpose) => {
      const [row] = await database.read<{ page_count: number }>('PRAGMA page_count');
      const limited = new WriteBatch('progress').require(
        'limited',
        `PRAGMA max_page_count = ${Number(row?.page_count)}`,
      );
      await database.commit(limited);
      // The limit is SQLite's, and is not moved by the reserve: what is seen is that it was given up before the answer.
      await expect(database.commit(insert('x'.repeat(20_000), purpose))).rejects.toMatchObject({
        code: 'FULL',
      });
      expect(disk.state).toBe('full');
      expect(disk.reserveBytes).toBe(purpose === 'progress' ? 32 * 1024 : 0);
      await database.commit(
        new WriteBatch('progress').require('unlimited', 'PRAGMA max_page_count = 1073741823'),
      );
      await disk.look();
      expect(disk).toMatchObject({ state: 'writable', reserveBytes: 64 * 1024 });
      await expect(database.commit(insert('new'))).resolves.toEqual({ committed: true });
    },
  );

  it('keeps the reserve when what is new is refused', async () => {
    disk.refused(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(database.commit(insert('new'))).rejects.toMatchObject({ code: 'FULL' });
    expect(disk.reserveBytes).toBe(64 * 1024);
  });

  it('tries nothing on a read-only file system, and is told by a commit of its own when that ends', async () => {
    disk.refused(Object.assign(new Error('read-only'), { code: 'EROFS' }));
    await expect(database.commit(insert('a', 'progress'))).rejects.toMatchObject({ code: 'READ_ONLY' });
    await disk.look();
    expect(disk.state).toBe('writable');
  });
});
