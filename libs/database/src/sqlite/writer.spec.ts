import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Migration } from '../migration.js';
import { WriteBatch } from '../write-batch.js';
import { openWriter } from './connection.js';
import { SqliteDatabase } from './sqlite-database.js';

const TABLE: Migration = {
  library: 'test',
  version: 1,
  sql: 'CREATE TABLE facts (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
};

const insert = (name: string) => new WriteBatch().run('INSERT INTO facts (name) VALUES (?)', [name]);

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-writer-'));
  path = join(directory, 'herald.db');
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Overwrites the first page of the table, as a disk that has forgotten it would. */
function spoilTable(): void {
  const connection = new DatabaseSync(path, { readOnly: true });
  const { page_size: pageBytes } = connection.prepare('PRAGMA page_size').get() as { page_size: number };
  const { rootpage } = connection
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'facts'")
    .get() as { rootpage: number };
  connection.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, (rootpage - 1) * pageBytes);
  closeSync(file);
}

describe('the writer', () => {
  it('commits so that what returned survives a power loss: a synced write-ahead log', () => {
    const connection = openWriter(path);
    const setting = (name: string) => Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(setting('journal_mode')).toBe('wal');
    expect(setting('synchronous')).toBe(2);
    expect(setting('fullfsync')).toBe(1);
    connection.close();
  });

  it('touches a damaged database no more: it dies, says so once, and answers nobody yes', async () => {
    const onWriterDeath = vi.fn<(error: Error) => void>();
    const database = SqliteDatabase.open({ path, migrations: [TABLE], onWriterDeath });
    spoilTable();

    const answers = await Promise.allSettled(['a', 'b', 'c'].map((name) => database.commit(insert(name))));

    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await vi.waitFor(() => expect(onWriterDeath).toHaveBeenCalledOnce());
    await expect(database.commit(insert('later'))).rejects.toMatchObject({ code: 'CLOSED' });
    await database.close();
  });
});
