import { Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseCopies } from './database-copies.js';
import { Database } from './database.js';
import type { Migration } from './migration.js';
import { SqliteCopies } from './sqlite/sqlite-copies.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

/** Where the database is, and the tables that the application's libraries need in it. */
export interface DatabaseModuleOptions {
  /** Path of the SQLite file; its directory is created. */
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** Called when nothing can be written any more. By default the process is ended: a registry that cannot commit must not answer. */
  readonly onWriterDeath?: (error: Error) => void;
}

/** Options that need other providers, a configuration service for example. */
export interface DatabaseModuleAsyncOptions {
  readonly inject?: readonly (string | symbol | (abstract new (...args: never[]) => unknown))[];
  readonly useFactory: (...args: never[]) => DatabaseModuleOptions | Promise<DatabaseModuleOptions>;
}

const OPTIONS = Symbol('DATABASE_OPTIONS');

/** Gives every module of the application the one {@link Database}, and its {@link DatabaseCopies}, and closes it after the last request. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static forRoot(options: DatabaseModuleOptions): DynamicModule {
    return DatabaseModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ inject, useFactory }: DatabaseModuleAsyncOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: OPTIONS, inject: [...(inject ?? [])], useFactory },
        { provide: Database, inject: [OPTIONS], useFactory: open },
        {
          provide: DatabaseCopies,
          inject: [OPTIONS],
          useFactory: ({ path }: DatabaseModuleOptions) => new SqliteCopies(path),
        },
      ],
      exports: [Database, DatabaseCopies],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

function open({ path, migrations, onWriterDeath = endProcess }: DatabaseModuleOptions): Database {
  return SqliteDatabase.open({ path, migrations, onWriterDeath });
}

function endProcess(error: Error): void {
  new Logger('Database').fatal(`${error.message}; ending the process, so that the next start can recover`);
  process.exit(1);
}
