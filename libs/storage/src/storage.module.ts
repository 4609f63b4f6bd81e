import { Inject, Injectable, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { Database } from '@herald/database';
import { refuseUnfinishedImport } from './adoption/import-record.js';
import { BlobArrivals } from './blobs/blob-arrivals.js';
import { BlobInventory } from './blobs/blob-inventory.js';
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
import { FinishedUploads } from './uploads/finished-uploads.js';
import { UploadSessions } from './uploads/upload-sessions.js';

/** Where blobs lie, and from which size on they are files. */
export interface StorageOptions {
  readonly rootDirectory: string;
  /** Largest blob, in bytes, that is kept as a row of the database. Default 16 KiB. */
  readonly inlineBytes?: number;
  /** What of a manifest's references must be there when it is pushed. Default everything. */
  readonly references?: ReferencePolicy;
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

/** Settles what a crash left before the first request comes. */
@Injectable()
class StorageRecovery implements OnModuleInit {
  readonly #logger = new Logger('Storage');

  constructor(
    @Inject(StorageDriver) private readonly driver: StorageDriver,
    @Inject(BlobArrivals) private readonly arrivals: BlobArrivals,
    @Inject(Database) private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    await refuseUnfinishedImport(this.database);
    await this.driver.prepare();
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
          inject: [Database, StorageDriver],
          useFactory: (database: Database, driver: StorageDriver) => new BlobArrivals(database, driver),
        },
        { provide: StorageClock, useClass: SystemStorageClock },
        {
          provide: UploadSessions,
          inject: [OPTIONS, Database, StorageDriver, BlobArrivals, StorageClock],
          useFactory: createSessions,
        },
        {
          provide: StoredRepositoryService,
          inject: [OPTIONS, Database, StorageDriver, UploadSessions],
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
      exports: [StoredRepositoryService, RepositoryCatalog, StorageDriver, BlobInventory, CollectionHolds],
    };
  }
}

function createSessions(
  { inlineBytes = DEFAULT_INLINE_BYTES }: StorageOptions,
  database: Database,
  driver: StorageDriver,
  arrivals: BlobArrivals,
  clock: StorageClock,
): UploadSessions {
  return new UploadSessions(database, driver, arrivals, new FinishedUploads(database, clock), inlineBytes);
}

function createRepositories(
  { references = STRICT_REFERENCES }: StorageOptions,
  database: Database,
  driver: StorageDriver,
  sessions: UploadSessions,
): StoredRepositories {
  return new StoredRepositories(database, driver, sessions, references);
}
