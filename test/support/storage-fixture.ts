import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { Database, DatabaseModule, SqliteDatabase, type Migration, type WriteBatch } from '@herald/database';
import {
  CollectionHolds,
  GarbageCollector,
  parseRepositoryName,
  RepositoryCatalog,
  StorageClock,
  StorageDriver,
  storageMigrations,
  StorageModule,
  StoredRepositoryService,
  type Alongside,
  type ByteSource,
  type Change,
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  type StorageOptions,
  type StoredRepository,
} from '@herald/storage';

const JOURNAL: Migration = {
  library: 'journal',
  version: 1,
  sql: 'CREATE TABLE journal (id INTEGER PRIMARY KEY, repository TEXT NOT NULL, entry TEXT NOT NULL) STRICT',
};

/** What of the storage is replaced. */
export interface StorageFixtureOptions {
  readonly inlineBytes?: number;
  /** What the module is given beside. */
  readonly settings?: Partial<StorageOptions>;
  readonly clock?: StorageClock;
  /** A driver that fails or watches. It must keep its files under the root it is given. */
  readonly driver?: (root: string) => StorageDriver;
  /** A database that watches what goes to the real one. */
  readonly database?: (real: Database) => Database;
}

/** The storage as an application gets it, on a directory of its own: real SQLite, real files, and a journal that joins changes. */
export class StorageFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'herald-storage-'));
  #module: TestingModule | undefined;
  #names = 0;

  static async open(options?: StorageFixtureOptions): Promise<StorageFixture> {
    const fixture = new StorageFixture();
    await fixture.restart(options);
    return fixture;
  }

  /** New instances of everything on the same directory, as after the end of the process. */
  async restart({
    inlineBytes,
    settings,
    clock,
    driver,
    database,
  }: StorageFixtureOptions = {}): Promise<void> {
    await this.#module?.close();
    const real = SqliteDatabase.open({
      path: join(this.root, 'herald.db'),
      migrations: [...storageMigrations, JOURNAL],
      onWriterDeath: (error) => {
        throw error;
      },
    });
    const storage = {
      rootDirectory: this.root,
      ...settings,
      ...(inlineBytes !== undefined && { inlineBytes }),
    };
    const builder = Test.createTestingModule({
      imports: [
        {
          module: DatabaseModule,
          global: true,
          providers: [{ provide: Database, useValue: database?.(real) ?? real }],
          exports: [Database],
        },
        StorageModule.forRoot(storage),
      ],
    });
    if (driver !== undefined) builder.overrideProvider(StorageDriver).useValue(driver(this.root));
    if (clock !== undefined) builder.overrideProvider(StorageClock).useValue(clock);
    this.#module = await builder.compile();
    await this.#module.init();
  }

  /** Ends it and removes the directory. */
  async close(): Promise<void> {
    await this.#module?.close();
    rmSync(this.root, { recursive: true });
  }

  get catalog(): RepositoryCatalog {
    return this.#opened.get(RepositoryCatalog, { strict: false });
  }

  get collector(): GarbageCollector {
    return this.#opened.get(GarbageCollector, { strict: false });
  }

  get holds(): CollectionHolds {
    return this.#opened.get(CollectionHolds, { strict: false });
  }

  get database(): Database {
    return this.#opened.get(Database, { strict: false });
  }

  /** By default one that no other test of the file has. */
  repository(name = `library/test-${(this.#names += 1)}`): StoredRepository {
    return this.#opened.get(StoredRepositoryService, { strict: false }).repository(parseRepositoryName(name));
  }

  /** Where the layout of Distribution has a blob's file. */
  blobFile(digest: Digest): string {
    const hex = digest.replace('sha256:', '');
    return join(this.root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  }

  /** The changes of repositories that {@link journal} joined, in the order of their commits and without the bytes of manifests. */
  async changes(...repositories: readonly StoredRepository[]): Promise<readonly Change[]> {
    const rows = await this.database.read<{ entry: string }>(
      'SELECT entry FROM journal WHERE repository IN (SELECT value FROM json_each(?)) ORDER BY id',
      [JSON.stringify(repositories.map(({ name }) => name))],
    );
    return rows.map(({ entry }) => JSON.parse(entry) as Change);
  }

  get #opened(): TestingModule {
    if (this.#module === undefined) throw new Error('the fixture is not open');
    return this.#module;
  }
}

/** A clock that stands still until a test moves it. */
export class TestClock extends StorageClock {
  nowMs = Date.now();
  readonly #timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  override now(): number {
    return this.nowMs;
  }

  override setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many callbacks wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    this.nowMs += byMs;
    for (const timer of this.#timers) {
      if (timer.dueMs > this.nowMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

/** Joins a row per change, as a listener's events do. */
export const journal: Alongside = (change: Change, batch: WriteBatch): void => {
  const entry = JSON.stringify(change, (key, value: unknown) => (key === 'bytes' ? undefined : value));
  batch.run('INSERT INTO journal (repository, entry) VALUES (?, ?)', [change.repository, entry]);
};

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** Bytes that nobody pushed before. */
export function newContent(sizeBytes = 32): Buffer {
  return randomBytes(sizeBytes);
}

/** A request's body that comes in these chunks. */
export async function* sourceOf(...chunks: readonly Uint8Array[]): ByteSource {
  yield* chunks;
}

/** A body whose connection breaks after these chunks. */
export async function* brokenSourceOf(...chunks: readonly Uint8Array[]): ByteSource {
  yield* chunks;
  throw new Error('the connection was reset');
}

/** Uploads a content in one piece. */
export async function pushBlob(
  { uploads }: StoredRepository,
  bytes: Uint8Array,
  alongside: Alongside = journal,
): Promise<Descriptor> {
  const { id } = await uploads.start();
  await uploads.append(id, sourceOf(bytes));
  return uploads.commit(id, digestOf(bytes), alongside);
}

/** What a repository serves under a digest; `undefined` when it has no such blob. */
export async function contentOf({ blobs }: StoredRepository, digest: Digest): Promise<Buffer | undefined> {
  const content = await blobs.open(digest);
  return content && collect(content.read());
}

/** All bytes of a stream of pieces, each of which is valid only until the next one. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

export const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** The bytes of an image manifest. */
export function imageOf(
  config: Descriptor,
  layers: readonly Descriptor[] = [],
  fields: Readonly<Record<string, unknown>> = {},
): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_IMAGE,
      config: stated(config),
      layers: layers.map(stated),
      ...fields,
    }),
  );
}

/** The bytes of an index. */
export function indexOf(
  children: readonly Descriptor[],
  fields: Readonly<Record<string, unknown>> = {},
): Buffer {
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children.map(stated), ...fields }),
  );
}

/** A descriptor as documents write it. */
export function stated({ mediaType, digest, sizeBytes }: Descriptor) {
  return { mediaType, digest, size: sizeBytes };
}
