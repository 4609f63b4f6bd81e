import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Database, WriteBatch, type CommitOutcome } from '@herald/database';
import { describe, expect, it } from 'vitest';
import {
  digestOf,
  journal,
  newContent,
  sourceOf,
  StorageFixture,
} from '../../../../test/support/storage-fixture.js';
import { DurableFiles } from '../drivers/durable-files.js';
import { FilesystemDriver } from '../drivers/filesystem-driver.js';

describe('a blob is durable before anybody is told of it', () => {
  it('claims its name, syncs its bytes and every directory, and only then commits membership and events', async () => {
    const seen: string[] = [];
    const storage = await StorageFixture.open({
      driver: (root) => new FilesystemDriver(root, new WatchedFiles(seen)),
      database: (real) => new WatchedDatabase(real, seen),
    });
    const bytes = newContent(20_000);
    const { uploads } = storage.repository();
    const { id } = await uploads.start();
    await uploads.append(id, sourceOf(bytes));
    seen.length = 0;
    await uploads.commit(id, digestOf(bytes), journal);

    const directory = dirname(storage.blobFile(digestOf(bytes)));
    const [first, last] = [seen[0], seen.at(-1)];
    const between = seen.slice(1, -1);
    expect(first).toMatch(/^commit .*'arriving'/);
    expect(first).not.toContain('repository_blobs');
    expect(last).toMatch(/^commit .*state = 'present'.*INSERT INTO repository_blobs.*INSERT INTO journal/);
    expect(between.filter((entry) => entry.startsWith('commit'))).toEqual([]);
    const linked = between.indexOf('link');
    expect(between.findIndex((entry) => entry.includes(id))).toBeLessThan(linked);
    expect(between.indexOf(`sync ${directory}`)).toBeGreaterThan(linked);
    expect(between.lastIndexOf(`sync ${dirname(directory)}`)).toBeGreaterThan(linked);
    expect(between).toContain(`sync ${dirname(dirname(directory))}`);
    await storage.close();
  });

  it('syncs the file that a killed arrival left, and every directory, before the start says that it is present', async () => {
    const seen: string[] = [];
    const storage = await StorageFixture.open();
    const bytes = newContent(20_000);
    const file = storage.blobFile(digestOf(bytes));
    await storage.database.commit(
      new WriteBatch().run("INSERT INTO blobs (digest, size_bytes, state) VALUES (?, ?, 'arriving')", [
        digestOf(bytes),
        bytes.length,
      ]),
    );
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await storage.restart({
      driver: (root) => new FilesystemDriver(root, new WatchedFiles(seen)),
      database: (real) => new WatchedDatabase(real, seen),
    });
    const present = seen.findIndex((entry) => /^commit .*state = 'present'/.test(entry));
    expect(present).toBeGreaterThan(0);
    const directory = dirname(file);
    const synced = seen.slice(
      seen.findIndex((entry) => entry.startsWith('commit')),
      present,
    );
    for (const path of [file, directory, dirname(directory), dirname(dirname(directory))])
      expect(synced).toContain(`sync ${path}`);
    await storage.close();
  });
});

class WatchedFiles extends DurableFiles {
  constructor(private readonly seen: string[]) {
    super();
  }

  override async sync(path: string): Promise<void> {
    await super.sync(path);
    this.seen.push(`sync ${path}`);
  }

  override async link(file: string, name: string): Promise<void> {
    this.seen.push('link');
    await super.link(file, name);
  }
}

class WatchedDatabase extends Database {
  constructor(
    private readonly real: Database,
    private readonly seen: string[],
  ) {
    super();
  }

  override read: Database['read'] = (sql, params) => this.real.read(sql, params);

  override commit(batch: WriteBatch): Promise<CommitOutcome> {
    this.seen.push(`commit ${batch.steps.map(({ sql }) => sql.replaceAll(/\s+/g, ' ')).join('; ')}`);
    return this.real.commit(batch);
  }

  override close(): Promise<void> {
    return this.real.close();
  }
}
