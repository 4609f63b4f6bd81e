import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Migration } from '../migration.js';
import { WriteBatch } from '../write-batch.js';
import { SqliteDatabase } from './sqlite-database.js';

const TABLE: Migration = {
  library: 'test',
  version: 1,
  sql: 'CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT',
};

describe('SqliteDatabase', () => {
  let directory: string;
  let database: SqliteDatabase;

  const path = () => join(directory, 'deep', 'herald.db');
  const open = (migrations: readonly Migration[] = [TABLE]) =>
    SqliteDatabase.open({
      path: path(),
      migrations,
      onWriterDeath: (error) => {
        throw error;
      },
    });
  const insert = (name: string, value = 1) =>
    new WriteBatch().run('INSERT INTO facts (name, value) VALUES (?, ?)', [name, value]);
  const names = async () =>
    (await database.read<{ name: string }>('SELECT name FROM facts ORDER BY rowid')).map((row) => row.name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-database-'));
    database = open();
  });

  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true });
  });

  it('shows a committed batch to the very next read', async () => {
    await expect(database.commit(insert('a'))).resolves.toEqual({ committed: true });
    await expect(names()).resolves.toEqual(['a']);
  });

  it('keeps committed batches over a restart', async () => {
    await database.commit(insert('a'));
    await database.close();
    database = open();
    await expect(names()).resolves.toEqual(['a']);
  });

  it('is had by one process at a time, until it is closed or could not be opened', async () => {
    expect(() => open()).toThrow(expect.objectContaining({ code: 'IN_USE' }));
    await database.close();
    const wrong: Migration = { library: 'test', version: 2, sql: 'CREATE NOTHING' };
    expect(() => open([TABLE, wrong])).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
    database = open();
    await expect(database.commit(insert('a'))).resolves.toEqual({ committed: true });
  });

  it('commits batches in the order in which they were handed over', async () => {
    const expected = Array.from({ length: 2_500 }, (_, index) => `n${index}`);
    await Promise.all(expected.map((name) => database.commit(insert(name))));
    await expect(names()).resolves.toEqual(expected);
  });

  it('undoes the whole of a batch whose precondition fails, and nothing of its neighbours', async () => {
    const doomed = insert('doomed').require('b is there', 'SELECT 1 FROM facts WHERE name = ?', ['b']);
    const outcomes = await Promise.all([
      database.commit(insert('a')),
      database.commit(doomed),
      database.commit(insert('c')),
    ]);
    expect(outcomes).toEqual([
      { committed: true },
      { committed: false, precondition: 'b is there' },
      { committed: true },
    ]);
    await expect(names()).resolves.toEqual(['a', 'c']);
  });

  it('undoes a batch that changes another number of rows than it expects', async () => {
    const batch = insert('a').run('UPDATE facts SET value = 2 WHERE name = ?', ['b'], {
      rows: 1,
      precondition: 'b exists',
    });
    await expect(database.commit(batch)).resolves.toEqual({ committed: false, precondition: 'b exists' });
    await expect(names()).resolves.toEqual([]);
  });

  it('undoes a batch with a wrong statement alone, and says so', async () => {
    await database.commit(insert('a'));
    const [wrong, right] = await Promise.allSettled([
      database.commit(insert('b').run('INSERT INTO facts (name, value) VALUES (?, ?)', ['a', 2])),
      database.commit(insert('c')),
    ]);
    expect(wrong).toMatchObject({ status: 'rejected', reason: { code: 'STATEMENT' } });
    expect(right).toMatchObject({ status: 'fulfilled', value: { committed: true } });
    await expect(names()).resolves.toEqual(['a', 'c']);
  });

  it('calls back after the commit, and not for a batch that was undone', async () => {
    const called: string[] = [];
    await database.commit(insert('a').afterCommit(() => called.push('a')));
    await database.commit(
      insert('b')
        .require('never', 'SELECT 1 FROM facts WHERE name = ?', ['x'])
        .afterCommit(() => called.push('b')),
    );
    expect(called).toEqual(['a']);
  });

  it('loses only what does not fit when the disk is full, and goes on when there is room', async () => {
    const pages = await database.read<{ page_count: number }>('PRAGMA page_count');
    await database.close();
    database = SqliteDatabase.open({
      path: path(),
      migrations: [TABLE],
      onWriterDeath: (error) => {
        throw error;
      },
    });
    const limit = new WriteBatch().require(
      'limited',
      `PRAGMA max_page_count = ${Number(pages[0]?.page_count) + 4}`,
    );
    await expect(database.commit(limit)).resolves.toEqual({ committed: true });
    const big = insert('x'.repeat(200_000));
    const outcomes = await Promise.allSettled([
      database.commit(insert('a')),
      database.commit(big),
      database.commit(insert('b')),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'FULL' } });
    await expect(names()).resolves.toEqual(['a', 'b']);
    await database.commit(new WriteBatch().require('unlimited', 'PRAGMA max_page_count = 1073741823'));
    await expect(database.commit(insert('c'))).resolves.toEqual({ committed: true });
  });

  it('finishes what waits before it closes, and refuses what comes after', async () => {
    const waiting = Array.from({ length: 50 }, (_, index) => database.commit(insert(`n${index}`)));
    await database.close();
    await expect(Promise.all(waiting)).resolves.toHaveLength(50);
    await expect(database.commit(insert('late'))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('is one file beside its lock when it is closed, whatever a killed process left there', async () => {
    await database.commit(insert('a'));
    await expect(names()).resolves.toEqual(['a']);
    await database.close();
    expect(readdirSync(dirname(path()))).toEqual(['herald.db', 'herald.db-lock']);
    writeFileSync(`${path()}-probe`, 'a megabyte');
    database = open();
    await database.close();
    expect(readdirSync(dirname(path()))).toEqual(['herald.db', 'herald.db-lock']);
  });

  it('brings an older schema forward', async () => {
    await database.commit(insert('a'));
    await database.close();
    database = open([
      TABLE,
      { library: 'test', version: 2, sql: "ALTER TABLE facts ADD COLUMN note TEXT DEFAULT 'new'" },
    ]);
    await expect(database.read('SELECT note FROM facts')).resolves.toEqual([{ note: 'new' }]);
  });

  it('refuses a schema newer than it knows', async () => {
    await database.close();
    database = open([TABLE, { library: 'test', version: 2, sql: 'CREATE TABLE more (id INTEGER) STRICT' }]);
    await database.close();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
    database = open([TABLE, { library: 'test', version: 2, sql: 'CREATE TABLE more (id INTEGER) STRICT' }]);
  });

  it('leaves the schema as it was when a migration fails', async () => {
    await database.close();
    const broken = [
      TABLE,
      { library: 'test', version: 2, sql: 'CREATE TABLE more (id INTEGER) STRICT; CREATE TABLE facts (x)' },
    ];
    expect(() => open(broken)).toThrow(expect.objectContaining({ code: 'SCHEMA' }));
    database = open();
    await expect(database.read("SELECT name FROM sqlite_schema WHERE name = 'more'")).resolves.toEqual([]);
  });
});
