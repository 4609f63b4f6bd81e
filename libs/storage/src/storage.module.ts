import { Inject, Injectable, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { Database } from '@herald/database';
import { BlobArrivals } from './blobs/blob-arrivals.js';
import { FilesystemDriver } from './drivers/filesystem-driver.js';
import { StorageDriver } from './drivers/storage-driver.js';
import { StoredRepositoryService } from './repository/repository.js';
import { StoredRepositories } from './stored-repositories.js';
import { UploadSessions } from './uploads/upload-sessions.js';

/** Where blobs lie, and from which size on they are files. */
export interface StorageOptions {
  readonly rootDirectory: string;
  /** Largest blob, in bytes, that is kept as a row of the database. Default 16 KiB. */
  readonly inlineBytes?: number;
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
  ) {}

  async onModuleInit(): Promise<void> {
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
        {
          provide: StoredRepositoryService,
          inject: [OPTIONS, Database, StorageDriver, BlobArrivals],
          useFactory: createRepositories,
        },
        StorageRecovery,
      ],
      exports: [StoredRepositoryService, StorageDriver],
    };
  }
}

function createRepositories(
  { inlineBytes = DEFAULT_INLINE_BYTES }: StorageOptions,
  database: Database,
  driver: StorageDriver,
  arrivals: BlobArrivals,
): StoredRepositories {
  return new StoredRepositories(database, driver, new UploadSessions(driver, arrivals, inlineBytes));
}
