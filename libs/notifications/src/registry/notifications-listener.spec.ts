import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SqliteDatabase, WriteBatch, type Database } from '@herald/database';
import {
  BLOB_MEDIA_TYPE,
  parseDigest,
  parseRepositoryName,
  parseTag,
  StoredRepositoryService,
  type Alongside,
  type BlobPushed,
  type ByteSource,
  type Change,
  type Descriptor,
  type Digest,
  type Manifest,
  type Repository,
  type RepositoryName,
  type Served,
  type StoredRepository,
} from '@herald/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../delivery/clock.js';
import type { RegistryEvent, RegistryEventType } from '../event/registry-event.js';
import { UuidEventIds } from '../event-log/event-ids.js';
import { EventLog } from '../event-log/event-log.js';
import { notificationsMigrations } from '../event-log/schema.js';
import { EventBridge } from './bridge.js';
import { EventOrigin, type Origin } from './event-origin.js';
import { NotificationsListener } from './notifications-listener.js';
import { bridgeOptions } from './registry-notifications.options.js';

/** A loaded machine needs longer than the second that is waited otherwise. */
const SOON = { timeout: 10_000 };

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
async function* nothing(): ByteSource {}

const blobOf = (digit: string) => ({ mediaType: BLOB_MEDIA_TYPE, digest: digest(digit), sizeBytes: 2 });
const manifest: Manifest = {
  descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('e'), sizeBytes: 7 },
  bytes: new Uint8Array(7),
  kind: 'image',
  references: [],
};
const push = {
  reference: { kind: 'tag', tag: parseTag('latest') },
  mediaType: manifest.descriptor.mediaType,
  bytes: manifest.bytes,
} as const;

/** A storage that stores nothing, and commits what joins its changes. */
class EmptyStorage extends StoredRepositoryService {
  /** Batches that are to be undone before the next one is committed. */
  undone = 0;
  readonly calls: string[] = [];

  constructor(private readonly database: Database) {
    super();
  }

  override repository(name: RepositoryName): StoredRepository {
    const called = <T>(call: string, result: T): T => {
      this.calls.push(call);
      return result;
    };
    const status = { id: 'u', sizeBytes: 0 };
    return {
      name,
      manifests: {
        get: async () => called('get', manifest),
        referrers: async () => called('referrers', { items: [], more: false }),
        put: async (_push, alongside) => {
          await this.#commit(
            { kind: 'manifest-pushed', repository: name, manifest, tags: [{ tag: push.reference.tag }] },
            alongside,
          );
          return manifest;
        },
        delete: (_digest, alongside) =>
          this.#commit(
            { kind: 'manifest-deleted', repository: name, manifest: manifest.descriptor, tags: [] },
            alongside,
          ),
      },
      tags: {
        list: async () => called('list', { items: [], more: false }),
        delete: (tag, alongside) =>
          this.#commit(
            { kind: 'tag-deleted', repository: name, tag, digest: manifest.descriptor.digest },
            alongside,
          ),
      },
      blobs: {
        stat: async () => called('stat', undefined),
        open: async () => called('open', undefined),
        mount: async (of, from, alongside) => {
          const blob = { ...blobOf('0'), digest: of };
          await this.#commit({ kind: 'blob-mounted', repository: name, from: from ?? name, blob }, alongside);
          return blob;
        },
        delete: (of, alongside) =>
          this.#commit(
            { kind: 'blob-deleted', repository: name, blob: { ...blobOf('0'), digest: of } },
            alongside,
          ),
      },
      uploads: {
        start: async () => called('start', status),
        status: async () => called('status', status),
        append: async () => called('append', status),
        cancel: async () => called('cancel', undefined),
        commit: (_id, of, alongside) => this.#pushed(name, of, alongside),
        close: (_id, of, _last, alongside) => this.#pushed(name, of, alongside),
        push: (of, _source, alongside) => this.#pushed(name, of, alongside),
      },
      delete: (alongside) => this.#commit({ kind: 'repository-deleted', repository: name }, alongside),
    };
  }

  async #pushed(
    repository: RepositoryName,
    of: Digest,
    alongside: Alongside<BlobPushed>,
  ): Promise<Descriptor> {
    const blob = { ...blobOf('0'), digest: of };
    await this.#commit({ kind: 'blob-pushed', repository, blob }, alongside);
    return blob;
  }

  async #commit<C extends Change>(change: C, alongside: Alongside<C>): Promise<void> {
    for (; ; this.undone -= 1) {
      // A change is built on what was read, some time after the call.
      await this.database.read('SELECT 1');
      const batch = new WriteBatch();
      alongside(change, batch);
      if (this.undone > 0) batch.require('what never holds', 'SELECT 1 WHERE 0');
      const outcome = await this.database.commit(batch);
      if (outcome.committed) return;
    }
  }
}

class CurrentOrigin extends EventOrigin {
  requestId = 'r1';

  override current(): Origin {
    return { request: { id: this.requestId, method: 'PUT', useragent: '' }, actor: {}, urlBase: '' };
  }
}

describe('NotificationsListener', () => {
  let directory: string;
  let database: SqliteDatabase;
  let log: EventLog;
  let storage: EmptyStorage;
  let origin: CurrentOrigin;
  let emitter: EventEmitter2;
  let repository: Repository;

  const records = async () => {
    await log.flush();
    return log.read(0, 1_000);
  };
  const types = async () => (await records()).map(({ type }) => type);
  const emitted: { type: RegistryEventType; requestId: string }[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'herald-listener-'));
    database = SqliteDatabase.open({
      path: join(directory, 'herald.db'),
      migrations: notificationsMigrations,
      onWriterDeath: (error) => {
        throw error;
      },
    });
    const clock = new SystemClock();
    const ids = new UuidEventIds();
    log = await EventLog.open(database, clock, ids);
    storage = new EmptyStorage(database);
    origin = new CurrentOrigin();
    emitter = new EventEmitter2({ wildcard: true });
    emitted.length = 0;
    emitter.on('registry.*.*', (event: RegistryEvent & { type: RegistryEventType }) =>
      emitted.push({ type: event.type, requestId: event.request.id }),
    );
    const bridge = new EventBridge(clock, ids, bridgeOptions({ source: {} }));
    const listener = new NotificationsListener(bridge, origin, log, emitter);
    repository = listener.listen(storage).repository(parseRepositoryName('team/api'));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await log.flush();
    await database.close();
    rmSync(directory, { recursive: true });
  });

  const read = (content: Served['content']): Served => ({
    content,
    method: 'GET',
    status: 200,
    bytesSent: 2,
    durationMs: 1,
    toTheEnd: true,
    aborted: false,
  });

  it('tells each thing that happens to an image, exactly once and in order', async () => {
    const digits = ['a', 'b', 'c'];
    await repository.uploads.commit('u', digest('a'));
    await repository.uploads.close('u', digest('b'), { source: nothing() });
    await repository.uploads.push(digest('c'), nothing());
    for (const digit of digits) repository.served(read({ kind: 'blob', blob: blobOf(digit) }));
    await repository.manifests.put(push);
    repository.served(read({ kind: 'manifest', manifest }));
    await repository.blobs.mount(digest('a'), parseRepositoryName('base'));
    await repository.tags.delete(parseTag('latest'));
    await repository.manifests.delete(manifest.descriptor.digest);
    for (const digit of digits) await repository.blobs.delete(digest(digit));
    await repository.delete();
    const expected = [
      'registry.blob.push',
      'registry.blob.push',
      'registry.blob.push',
      'registry.blob.pull',
      'registry.blob.pull',
      'registry.blob.pull',
      'registry.manifest.push',
      'registry.manifest.pull',
      'registry.blob.mount',
      'registry.tag.delete',
      'registry.manifest.delete',
      'registry.blob.delete',
      'registry.blob.delete',
      'registry.blob.delete',
      'registry.repository.delete',
    ];
    expect(await types()).toEqual(expected);
    expect(emitted.map(({ type }) => type)).toEqual(expected);
  });

  it('lets reads, lists and uploads in progress pass, and tells nothing of them', async () => {
    await repository.manifests.get({ kind: 'digest', digest: digest('e') });
    await repository.tags.list({ limit: 1 });
    await repository.blobs.stat(digest('a'));
    await repository.blobs.open(digest('a'));
    await repository.uploads.start();
    await repository.uploads.status('u');
    await repository.uploads.append('u', nothing());
    await repository.uploads.cancel('u');
    expect(storage.calls).toEqual(['get', 'list', 'stat', 'open', 'start', 'status', 'append', 'cancel']);
    expect(await types()).toEqual([]);
    expect(emitted).toEqual([]);
  });

  it('tells nothing of a change that was undone, to nobody', async () => {
    storage.undone = 2;
    await repository.manifests.put(push);
    const [only, ...others] = await records();
    expect(others).toEqual([]);
    expect(only?.type).toBe('registry.manifest.push');
    expect(emitted).toHaveLength(1);
  });

  it('knows whose call it was, although others came before the change was made', async () => {
    const first = repository.manifests.put(push);
    origin.requestId = 'r2';
    await first;
    expect(emitted).toEqual([{ type: 'registry.manifest.push', requestId: 'r1' }]);
    const [record] = await records();
    expect(JSON.parse(record?.data ?? '')).toMatchObject({ request: { id: 'r1' } });
  });

  it('tells subscribers only of what is durable', async () => {
    const seen: Promise<number>[] = [];
    emitter.on('registry.manifest.push', () => seen.push(log.read(0, 10).then(({ length }) => length)));
    await repository.manifests.put(push);
    expect(await Promise.all(seen)).toEqual([1]);
  });

  it('breaks nothing when a subscriber throws, now or later, and says so', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    emitter.prependListener('registry.manifest.push', () => {
      throw new Error('at once');
    });
    emitter.on('registry.blob.pull', () => Promise.reject(new Error('later')));
    await expect(repository.manifests.put(push)).resolves.toBe(manifest);
    repository.served(read({ kind: 'blob', blob: blobOf('a') }));
    expect(await types()).toEqual(['registry.manifest.push', 'registry.blob.pull']);
    await vi.waitFor(() => expect(logged).toHaveBeenCalledTimes(2), SOON);
    expect(logged.mock.calls.map(([message]) => message)).toEqual([
      'a subscriber to registry.manifest.push failed',
      'a subscriber to registry.blob.pull failed',
    ]);
  });

  it('answers the client although a pull cannot be recorded, and says so', () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    vi.spyOn(origin, 'current').mockImplementation(() => {
      throw new Error('no request');
    });
    expect(() => repository.served(read({ kind: 'manifest', manifest }))).not.toThrow();
    expect(logged).toHaveBeenCalledOnce();
  });

  it('records nothing of a read that was no pull', async () => {
    repository.served({ ...read({ kind: 'blob', blob: blobOf('a') }), method: 'HEAD' });
    expect(await types()).toEqual([]);
  });
});
