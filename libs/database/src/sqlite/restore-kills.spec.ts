import fileSystem, { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Migration } from '../migration.js';
import { migrate } from './migrate.js';
import { finishReplacement } from './replacement.js';
import { restoreCopy } from './restore-copy.js';
import { SqliteDatabase } from './sqlite-database.js';

/** Calls that change files, or come before one that does. */
const CHANGING = /^(copyFile|rename|rm|write|writeFile|fsync|open)(Sync)?$/u;

/** A process that may die before any such call: nothing that it does later reaches the disk. */
class MortalProcess {
  #left = Infinity;

  constructor() {
    for (const module of [fileSystem, promises]) this.#make(module);
    syncBuiltinESMExports();
  }

  dieAfter(steps: number): void {
    this.#left = steps;
  }

  get dead(): boolean {
    return this.#left === 0;
  }

  #make(module: Record<string, unknown>): void {
    for (const name of Object.keys(module).filter((key) => CHANGING.test(key))) {
      const call = module[name] as (...args: never[]) => unknown;
      vi.spyOn(module as Record<string, () => unknown>, name).mockImplementation((...args) => {
        if (this.dead) throw new Error('killed');
        this.#left -= 1;
        return call.apply(module, args);
      });
    }
  }
}

const NOTES: Migration = {
  library: 'test',
  version: 1,
  sql: 'CREATE TABLE notes (note TEXT NOT NULL) STRICT',
};
const OLD = ['older', 'late'];
const NEW = ['kept', 'restored'];

describe('a restore that is killed before any of its steps', () => {
  let process: MortalProcess;
  let directory: string;
  const at = (name: string) => join(directory, name);

  beforeEach(() => {
    process = new MortalProcess();
    directory = mkdtempSync(join(tmpdir(), 'herald-restore-kills-'));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A database as a kill leaves it: what came last is in its write-ahead log alone. */
  const writeKilled = (name: string, [first = '', last = '']: readonly string[]) => {
    const open = new DatabaseSync(at('open.db'));
    migrate(open, [NOTES]);
    open.prepare('INSERT INTO notes VALUES (?)').run(first);
    open.exec('PRAGMA journal_mode = WAL');
    open.prepare('INSERT INTO notes VALUES (?)').run(last);
    for (const suffix of ['', '-wal']) copyFileSync(at(`open.db${suffix}`), at(`${name}${suffix}`));
    open.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(at(`open.db${suffix}`), { force: true });
  };
  const restore = (aside: string) =>
    restoreCopy({
      from: at('copy.db'),
      path: at('place.db'),
      migrations: [NOTES],
      marks: [{ sql: "UPDATE notes SET note = 'restored' WHERE note = 'marked'", params: [] }],
      aside: at(aside),
    });
  const notes = (name: string) => {
    const database = new DatabaseSync(at(name));
    const rows = database.prepare('SELECT note FROM notes').all();
    database.close();
    return rows.map(({ note }) => note);
  };
  /** Begins from the beginning, and dies after so many steps. False when it survived. */
  const restoreKilled = async (steps: number) => {
    rmSync(directory, { recursive: true, force: true });
    directory = mkdtempSync(join(tmpdir(), 'herald-restore-kills-'));
    writeKilled('place.db', OLD);
    writeKilled('copy.db', ['kept', 'marked']);
    process.dieAfter(steps);
    await restore('aside.db').catch(() => undefined);
    const { dead } = process;
    process.dieAfter(Infinity);
    return dead;
  };
  /** Each way to die; the first that it survives ends them. */
  const atEachStep = async (what: () => Promise<void>) => {
    let steps = 0;
    for (let dead = true; dead; steps += 1) {
      dead = await restoreKilled(steps);
      await what();
    }
    expect(steps).toBeGreaterThan(10);
  };

  it('leaves the old database with its log, or the new one and the old one aside, to whoever goes on', async () => {
    const outcomes = new Set<string>();
    await atEachStep(async () => {
      const finished = finishReplacement(at('place.db'));
      const found = notes('place.db');
      outcomes.add(`${String(found)} ${finished?.aside ?? ''}`.replace(directory, ''));
      expect([OLD, NEW]).toContainEqual(found);
      if (String(found) === String(NEW)) expect(notes('aside.db')).toEqual(OLD);
      else expect(existsSync(at('aside.db'))).toBe(false);
      expect(readdirSync(directory).filter((name) => name.startsWith('place.db.'))).toEqual([]);
      expect(finishReplacement(at('place.db'))).toBeUndefined();
    });
    expect([...outcomes].toSorted()).toEqual(['kept,restored ', 'kept,restored /aside.db', 'older,late ']);
  });

  it('is finished by a start, which says so', async () => {
    for (let steps = 0; !existsSync(at('aside.db-wal')); steps += 1) await restoreKilled(steps);
    expect(existsSync(at('aside.db'))).toBe(false);
    const told: string[] = [];
    const database = SqliteDatabase.open({
      path: at('place.db'),
      migrations: [NOTES],
      onWriterDeath: (error) => expect.fail(error.message),
      onRestoreFinished: (said) => told.push(said),
    });
    await expect(database.read('SELECT note FROM notes')).resolves.toEqual(NEW.map((note) => ({ note })));
    await database.close();
    expect(told).toEqual([
      `finished a restore that had been interrupted: what was there before is ${at('aside.db')} now`,
    ]);
    expect(notes('aside.db')).toEqual(OLD);
  });

  it('loses nothing to another restore that comes then', async () => {
    await atEachStep(async () => {
      await expect(restore('later.db')).resolves.toEqual({ kind: 'restored', aside: at('later.db') });
      expect(notes('place.db')).toEqual(NEW);
      const old = existsSync(at('aside.db')) ? 'aside.db' : 'later.db';
      expect(notes(old)).toEqual(OLD);
    });
  });
});
