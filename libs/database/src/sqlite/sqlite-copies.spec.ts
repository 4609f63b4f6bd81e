import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Migration } from '../migration.js';
import { WriteBatch } from '../write-batch.js';
import { SqliteCopies } from './sqlite-copies.js';
import { SqliteDatabase } from './sqlite-database.js';

const PAIRS: Migration = {
  library: 'test',
  version: 1,
  sql: `CREATE TABLE pairs (half TEXT NOT NULL, number INTEGER NOT NULL, filling BLOB NOT NULL) STRICT;
        CREATE TABLE marks (mark TEXT NOT NULL) STRICT;`,
};

/** Large enough for a copy of several steps. */
const FILLING = new Uint8Array(64 * 1_024);

describe('a copy of the database', () => {
  let directory: string;
  let database: SqliteDatabase;
  let copies: SqliteCopies;

  const open = (name: string) =>
    SqliteDatabase.open({
      path: join(directory, name),
      migrations: [PAIRS],
      onWriterDeath: (error) => expect.fail(error.message),
    });

  const pair = (number: number) =>
    database.commit(
      new WriteBatch()
        .run('INSERT INTO pairs VALUES (?, ?, ?)', ['left', number, FILLING])
        .run('INSERT INTO pairs VALUES (?, ?, ?)', ['right', number, FILLING]),
    );

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'herald-copy-'));
    database = open('original.db');
    copies = new SqliteCopies(join(directory, 'original.db'));
    for (let number = 0; number < 100; number += 1) await pair(number);
  });

  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('ends although commits go on, has what was committed before, and every batch wholly or not at all', async () => {
    let written = 100;
    const copying = new AbortController();
    const writing = (async () => {
      while (!copying.signal.aborted) await pair(written++);
    })();
    const steps: number[] = [];
    const path = join(directory, 'copy.db');
    await copies.copy({ path, marks: [], onProgress: ({ donePages }) => steps.push(donePages) });
    copying.abort();
    await writing;
    expect(written).toBeGreaterThan(100);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.toSorted((a, b) => a - b)).toEqual(steps);
    const copy = open('copy.db');
    const [sound] = await copy.read('PRAGMA integrity_check');
    expect(sound).toEqual({ integrity_check: 'ok' });
    const rows = await copy.read<{ number: number; halves: number }>(
      'SELECT number, count(*) AS halves FROM pairs GROUP BY number ORDER BY number',
    );
    expect(rows.length).toBeGreaterThanOrEqual(100);
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index));
    expect(rows.every(({ halves }) => halves === 2)).toBe(true);
    await copy.close();
  });

  it('is one file, with the marks that were asked for', async () => {
    const path = join(directory, 'copy.db');
    await copies.copy({ path, marks: [{ sql: 'INSERT INTO marks VALUES (?)', params: ['copied'] }] });
    expect(readdirSync(directory).filter((name) => name.startsWith('copy'))).toEqual(['copy.db']);
    const copy = open('copy.db');
    await expect(copy.read('SELECT mark FROM marks')).resolves.toEqual([{ mark: 'copied' }]);
    await copy.close();
    await expect(database.read('SELECT mark FROM marks')).resolves.toEqual([]);
  });

  it.each([
    ['its directory is missing', 'nowhere/copy.db', { sql: 'SELECT 1', params: [] }, undefined],
    ['a mark is wrong', 'copy.db', { sql: 'INSERT INTO nothing VALUES (1)', params: [] }, undefined],
    ['whoever watches it calls it off', 'copy.db', { sql: 'SELECT 1', params: [] }, new Error('enough')],
  ])('leaves nothing when %s', async (_case, name, mark, calledOff) => {
    const copy = copies.copy({
      path: join(directory, name),
      marks: [mark],
      onProgress: () => {
        if (calledOff !== undefined) throw calledOff;
      },
    });
    await expect(copy).rejects.toMatchObject({ name: 'DatabaseError' });
    expect(readdirSync(directory).filter((file) => !file.startsWith('original'))).toEqual([]);
    await pair(100);
  });
});
