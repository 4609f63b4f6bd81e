import { dirname } from 'node:path';
import {
  Inject,
  Logger,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DatabaseCopies } from './database-copies.js';
import { Database } from './database.js';
import { Disk, UnwatchedDisk } from './disk/disk.js';
import { WatchedDisk, type DiskOptions } from './disk/watched-disk.js';
import type { Migration } from './migration.js';
import { SqliteCopies } from './sqlite/sqlite-copies.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

/** Where the database is, and the tables that the application's libraries need in it. */
export interface DatabaseModuleOptions {
  /** Path of the SQLite file; its directory is created. */
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** Which disk is watched, so that it may be full and nothing is lost by it. By default none is. */
  readonly disk?: Omit<DiskOptions, 'directories'> & {
    /** What else the application writes below, beside the directory of the file. */
    readonly directories?: readonly string[];
  };
  /** Called when nothing can be written any more. By default the process is ended: a registry that cannot commit must not answer. */
  readonly onWriterDeath?: (error: Error) => void;
}

/** Options that need other providers, a configuration service for example. */
export interface DatabaseModuleAsyncOptions {
  readonly inject?: readonly (string | symbol | (abstract new (...args: never[]) => unknown))[];
  readonly useFactory: (...args: never[]) => DatabaseModuleOptions | Promise<DatabaseModuleOptions>;
}

const OPTIONS = Symbol('DATABASE_OPTIONS');

/** Gives every module of the application the one {@link Database}, its {@link DatabaseCopies} and its {@link Disk}, and closes them after the last request. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Optional() @Inject(Disk) private readonly disk?: Disk,
  ) {}

  static forRoot(options: DatabaseModuleOptions): DynamicModule {
    return DatabaseModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ inject, useFactory }: DatabaseModuleAsyncOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: OPTIONS, inject: [...(inject ?? [])], useFactory },
        { provide: Disk, inject: [OPTIONS], useFactory: watch },
        { provide: Database, inject: [OPTIONS, Disk], useFactory: open },
        {
          provide: DatabaseCopies,
          inject: [OPTIONS],
          useFactory: ({ path }: DatabaseModuleOptions) => new SqliteCopies(path),
        },
      ],
      exports: [Database, DatabaseCopies, Disk],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.disk?.close();
    await this.database.close();
  }
}

function watch({ path, disk }: DatabaseModuleOptions): Promise<Disk> | Disk {
  if (disk === undefined) return new UnwatchedDisk();
  return WatchedDisk.open({ ...disk, directories: [dirname(path), ...(disk.directories ?? [])] });
}

function open({ path, migrations, onWriterDeath = endProcess }: DatabaseModuleOptions, disk: Disk): Database {
  return SqliteDatabase.open({ path, migrations, onWriterDeath, onRestoreFinished, disk });
}

function onRestoreFinished(said: string): void {
  new Logger('Database').warn(said);
}

function endProcess(error: Error): void {
  new Logger('Database').fatal(`${error.message}; ending the process, so that the next start can recover`);
  process.exit(1);
}
