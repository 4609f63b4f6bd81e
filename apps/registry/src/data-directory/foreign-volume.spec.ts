import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteDatabase, WriteBatch } from '@herald/database';
import { KNOWN_TO_DATABASE, storageMigrations } from '@herald/storage';
import { ForeignVolume, refuseForeignVolume } from './foreign-volume.js';

describe('the volume of another registry', () => {
  let root: string;
  const path = () => join(root, 'herald.db');
  const refuse = () => refuseForeignVolume(root, path());

  /** Creates the tables of the first so many libraries' versions, and adds rows. */
  const database = async (versions: number, ...statements: readonly string[]) => {
    const opened = SqliteDatabase.open({
      path: path(),
      migrations: storageMigrations.slice(0, versions),
      onWriterDeath: (error) => {
        throw error;
      },
    });
    for (const statement of statements) await opened.commit(new WriteBatch().run(statement));
    await opened.close();
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'herald-foreign-'));
    mkdirSync(join(root, 'docker', 'registry', 'v2', 'repositories'), { recursive: true });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('is refused when there is no database, and none is made', () => {
    expect(refuse).toThrow(ForeignVolume);
    expect(existsSync(path())).toBe(false);
  });

  it.each([
    ['with all tables', storageMigrations.length],
    ['whose maker was killed before it had all of them', 1],
  ])('is refused beside an empty database %s', async (_, versions) => {
    await database(versions);
    expect(refuse).toThrow(ForeignVolume);
  });

  it.each([
    ["INSERT INTO repositories (name) VALUES ('team/app')"],
    ["INSERT INTO blobs (digest, size_bytes, state) VALUES ('sha256:x', 1, 'present')"],
    ["INSERT INTO known_links (path, digest) VALUES ('x', 'sha256:x')"],
    ["INSERT INTO imports (started_ms, verified, phase, cursor, counts) VALUES (1, 0, 'blobs', '', '{}')"],
  ])('is let through when the database knows something: %s', async (statement) => {
    await database(storageMigrations.length, statement);
    expect(refuse).not.toThrow();
    expect(KNOWN_TO_DATABASE.some((table) => statement.includes(table))).toBe(true);
  });

  it('is let through while a restore that was killed waits to be finished by whoever opens the database', () => {
    writeFileSync(`${path()}.replacing`, '{}');
    expect(refuse).toThrow(ForeignVolume);
    writeFileSync(`${path()}.restoring`, 'a database');
    expect(refuse).not.toThrow();
  });

  it('is none when there are no repositories in it', () => {
    rmSync(join(root, 'docker'), { recursive: true });
    expect(refuse).not.toThrow();
  });
});
