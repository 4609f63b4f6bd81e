import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Migration } from '../migration.js';
import { migrate } from './migrate.js';
import { restoreCopy } from './restore-copy.js';

const NOTES: Migration = {
  library: 'test',
  version: 1,
  sql: 'CREATE TABLE notes (note TEXT NOT NULL) STRICT',
};
const MARK = { sql: "INSERT INTO notes VALUES ('restored')", params: [] };

describe('a restored copy of a database', () => {
  let directory: string;
  const at = (name: string) => join(directory, name);
  const files = () => readdirSync(directory).toSorted();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-restore-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const write = (name: string, note: string) => {
    const database = new DatabaseSync(at(name));
    migrate(database, [NOTES]);
    database.prepare('INSERT INTO notes VALUES (?)').run(note);
    database.close();
  };
  const notes = (name: string) => {
    const database = new DatabaseSync(at(name), { readOnly: true });
    const rows = database.prepare('SELECT note FROM notes').all();
    database.close();
    return rows.map(({ note }) => note);
  };
  const restore = (aside?: string) =>
    restoreCopy({
      from: at('copy.db'),
      path: at('place.db'),
      migrations: [NOTES],
      marks: [MARK],
      ...(aside !== undefined && { aside: at(aside) }),
    });

  it('is marked, is one file, and leaves the copy as it was', async () => {
    write('copy.db', 'kept');
    const before = readFileSync(at('copy.db'));
    await expect(restore()).resolves.toEqual({ kind: 'restored' });
    expect(notes('place.db')).toEqual(['kept', 'restored']);
    expect(readFileSync(at('copy.db'))).toEqual(before);
    expect(files()).toEqual(['copy.db', 'place.db']);
  });

  it('takes no place that is taken, unless what is there may be moved aside, whole', async () => {
    write('copy.db', 'kept');
    write('place.db', 'older');
    writeFileSync(at('place.db-wal'), 'a log');
    await expect(restore()).resolves.toEqual({ kind: 'occupied' });
    await expect(restore('aside.db')).resolves.toEqual({ kind: 'restored', aside: at('aside.db') });
    expect(files()).toEqual(['aside.db', 'aside.db-wal', 'copy.db', 'place.db']);
    expect(readFileSync(at('aside.db-wal'), 'utf8')).toBe('a log');
    rmSync(at('aside.db-wal'));
    expect(notes('aside.db')).toEqual(['older']);
    expect(notes('place.db')).toEqual(['kept', 'restored']);
  });

  it('is not mixed with a write-ahead log that was left there', async () => {
    write('copy.db', 'kept');
    for (const suffix of ['-wal', '-shm', '-journal']) writeFileSync(at(`place.db${suffix}`), 'left');
    await expect(restore()).resolves.toEqual({ kind: 'restored' });
    expect(files()).toEqual(['copy.db', 'place.db']);
  });

  it('has what somebody who opened the copy wrote into its write-ahead log', async () => {
    write('open.db', 'kept');
    const open = new DatabaseSync(at('open.db'));
    open.exec("PRAGMA journal_mode = WAL; INSERT INTO notes VALUES ('late')");
    for (const suffix of ['', '-wal']) copyFileSync(at(`open.db${suffix}`), at(`copy.db${suffix}`));
    open.close();
    await expect(restore()).resolves.toEqual({ kind: 'restored' });
    expect(notes('place.db')).toEqual(['kept', 'late', 'restored']);
  });

  it.each([
    [
      'no database',
      () =>
        writeFileSync(at('copy.db'), 'not a database at all, but long enough to be read as one'.repeat(99)),
    ],
    ['of another program', () => new DatabaseSync(at('copy.db')).exec('CREATE TABLE other (id)')],
    [
      'newer than the program',
      () => {
        write('copy.db', 'kept');
        new DatabaseSync(at('copy.db')).exec('UPDATE schema_versions SET version = 2');
      },
    ],
    [
      'damaged',
      () => {
        write('copy.db', 'kept');
        const bytes = readFileSync(at('copy.db'));
        writeFileSync(at('copy.db'), bytes.fill(0xff, bytes.length - 4_096));
      },
    ],
  ])('is refused when it is %s, and changes nothing', async (_what, make) => {
    make();
    write('place.db', 'older');
    await expect(restore('aside.db')).resolves.toMatchObject({ kind: 'unfit' });
    expect(notes('place.db')).toEqual(['older']);
    expect(files()).toEqual(['copy.db', 'place.db']);
  });
});
