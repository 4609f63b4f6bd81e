export { Database, type Row } from './database.js';
export { DatabaseCopies, type CopyProgress, type CopyRequest } from './database-copies.js';
export { DatabaseError, type DatabaseErrorCode } from './database.error.js';
export {
  DatabaseModule,
  type DatabaseModuleAsyncOptions,
  type DatabaseModuleOptions,
} from './database.module.js';
export type { Migration } from './migration.js';
export { SqliteCopies } from './sqlite/sqlite-copies.js';
export { SqliteDatabase, type SqliteOptions } from './sqlite/sqlite-database.js';
export { WriteBatch, type CommitOutcome, type Step, type Value } from './write-batch.js';
