import {
  Inject,
  Injectable,
  Logger,
  Module,
  type DynamicModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { Database, Disk, UnwatchedDisk } from '@herald/database';
import { refuseUnfinishedImport } from './adoption/import-record.js';
import { BlobArrivals } from './blobs/blob-arrivals.js';
import { BlobInventory } from './blobs/blob-inventory.js';
import {
  DEFAULT_COLLECTION_POLICY,
  GarbageCollector,
  type CollectionPolicy,
} from './collection/garbage-collector.js';
import { Sightings } from './collection/sightings.js';
import { FilesystemDriver } from './drivers/filesystem-driver.js';
import { StorageDriver } from './drivers/storage-driver.js';
import { RepositoryCatalog } from './repository/repository-catalog.js';
import { STRICT_REFERENCES, type ReferencePolicy } from './manifests/reference-policy.js';
import { CollectionHolds } from './maintenance/collection-holds.js';
import { StorageClock, SystemStorageClock } from './maintenance/storage-clock.js';
import { NO_UPLOAD_PURGE, UploadPurge, type UploadPurgeOptions } from './maintenance/upload-purge.js';
import { DatabaseCatalog } from './metadata/database-catalog.js';
import { StoredRepositoryService } from './repository/repository.js';
import { StoredRepositories } from './stored-repositories.js';
import { Closings } from './uploads/closings.js';
import { FinishedUploads } from './uploads/finished-uploads.js';
import { Room } from './uploads/room.js';
import { seeBlob } from './blobs/see-blob.js';
import type { Digest } from './repository/digest.js';
import type { RepositoryName } from './repository/repository-name.js';
import { UploadHashes } from './uploads/upload-hashes.js';
import { UploadSessions } from './uploads/upload-sessions.js';

/** Where blobs lie, and from which size on they are files. */
export interface StorageOptions {
  readonly rootDirectory: string;
  /** Largest blob, in bytes, that is kept as a row of the database. Default 16 KiB. */
  readonly inlineBytes?: number;
  /** What of a manifest's references must be there when it is pushed. Default everything. */
  readonly references?: ReferencePolicy;
  /** What is garbage. Default: blobs after a day, and no manifest. Nothing is collected until somebody asks for it. */
  readonly collection?: CollectionPolicy;
  /** When abandoned uploads are removed. Default never. */
  readonly uploadPurge?: UploadPurgeOptions;
}

/** Options that need other providers. */
export interface StorageAsyncOptions {
  readonly inject?: readonly (string | symbol | (abstract new (...args: never[]) => unknown))[];
  readonly useFactory: (...args: never[]) => StorageOptions;
}

const OPTIONS = Symbol('STORAGE_OPTIONS');
const DEFAULT_INLINE_BYTES = 16 * 1024;

const COLLECTION: readonly Provider[] = [
  {
    provide: Sightings,
    inject: [OPTIONS, Database, StorageClock],
    useFactory: (
      { collection = DEFAULT_COLLECTION_POLICY }: StorageOptions,
      database: Database,
      clock: StorageClock,
    ) => new Sightings(database, clock, sightingPrecisionMs(collection)),
  },
  {
    provide: GarbageCollector,
    inject: [OPTIONS, Database, BlobArrivals, Sightings, CollectionHolds, StorageClock],
    useFactory: (
      { collection = DEFAULT_COLLECTION_POLICY }: StorageOptions,
      database: Database,
      arrivals: BlobArrivals,
      sightings: Sightings,
      holds: CollectionHolds,
      clock: StorageClock,
    ) => new GarbageCollector(database, arrivals, sightings, holds, clock, collection),
  },
];

/** Settles what a crash left before the first request comes. */
@Injectable()
class StorageRecovery implements OnModuleInit {
  readonly #logger = new Logger('Storage');

  constructor(
    @Inject(StorageDriver) private readonly driver: StorageDriver,
    @Inject(BlobArrivals) private readonly arrivals: BlobArrivals,
    @Inject(Sightings) private readonly sightings: Sightings,
    @Inject(Database) private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    await refuseUnfinishedImport(this.database);
    await this.driver.prepare();
    await this.sightings.open();
    const settled = await this.arrivals.recover();
    if (settled > 0)
      this.#logger.log(`settled ${settled} blobs that a crash had left between arriving and present`);
  }
}

/** Gives the undecorated repositories ({@link StoredRepositoryService}). Needs the application's `Database` with `storageMigrations`. */
@Module({})
export class StorageModule {
  static forRoot(options: StorageOptions): DynamicModule {
    return StorageModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ inject, useFactory }: StorageAsyncOptions): DynamicModule {
    return {
      module: StorageModule,
      providers: [
        { provide: OPTIONS, inject: [...(inject ?? [])], useFactory },
        {
          provide: StorageDriver,
          inject: [OPTIONS],
          useFactory: (options: StorageOptions) => new FilesystemDriver(options.rootDirectory),
        },
        {
          provide: BlobArrivals,
          inject: [Database, StorageDriver, StorageClock],
          useFactory: (database: Database, driver: StorageDriver, clock: StorageClock) =>
            new BlobArrivals(database, driver, clock),
        },
        { provide: StorageClock, useClass: SystemStorageClock },
        ...COLLECTION,
        {
          provide: Room,
          inject: [{ token: Disk, optional: true }],
          useFactory: (disk: Disk = new UnwatchedDisk()) => new Room(disk),
        },
        {
          provide: UploadSessions,
          inject: [OPTIONS, Database, StorageDriver, BlobArrivals, StorageClock, Room, Sightings],
          useFactory: createSessions,
        },
        {
          provide: StoredRepositoryService,
          inject: [OPTIONS, Database, StorageDriver, UploadSessions, Sightings],
          useFactory: createRepositories,
        },
        {
          provide: RepositoryCatalog,
          inject: [Database],
          useFactory: (database: Database) => new DatabaseCatalog(database),
        },
        {
          provide: UploadPurge,
          inject: [OPTIONS, UploadSessions, StorageClock],
          useFactory: ({ uploadPurge }: StorageOptions, sessions: UploadSessions, clock: StorageClock) =>
            new UploadPurge(uploadPurge ?? NO_UPLOAD_PURGE, sessions, clock),
        },
        BlobInventory,
        CollectionHolds,
        StorageRecovery,
      ],
      exports: [
        StoredRepositoryService,
        RepositoryCatalog,
        StorageDriver,
        StorageClock,
        BlobInventory,
        CollectionHolds,
        GarbageCollector,
      ],
    };
  }
}

/** How much older than the truth the time may be that is written down when a content was last seen, in ms: one hour at most. */
function sightingPrecisionMs({ graceMs, untagged }: CollectionPolicy): number {
  const shortestMs = untagged === 'keep' ? graceMs : Math.min(graceMs, untagged);
  return Math.floor(Math.min(3_600_000, shortestMs / 24));
}

function createSessions(
  { inlineBytes = DEFAULT_INLINE_BYTES }: StorageOptions,
  database: Database,
  driver: StorageDriver,
  arrivals: BlobArrivals,
  clock: StorageClock,
  room: Room,
  sightings: Sightings,
): UploadSessions {
  const finished = new FinishedUploads(database, clock);
  const see = (repository: RepositoryName, digest: Digest) =>
    seeBlob({ database, sightings }, repository, digest);
  const hashes = new UploadHashes();
  const closings = new Closings(driver, arrivals, finished, hashes, inlineBytes, room);
  return new UploadSessions({ driver, hashes, closings, finished, room, inlineBytes, see });
}

function createRepositories(
  { references = STRICT_REFERENCES }: StorageOptions,
  database: Database,
  driver: StorageDriver,
  sessions: UploadSessions,
  sightings: Sightings,
): StoredRepositories {
  return new StoredRepositories(database, driver, sessions, references, sightings);
}
