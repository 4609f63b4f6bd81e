export { Database, type Row } from './database.js';
export { DatabaseCopies, type CopyProgress, type CopyRequest } from './database-copies.js';
export { DatabaseError, type DatabaseErrorCode } from './database.error.js';
export {
  DatabaseModule,
  type DatabaseModuleAsyncOptions,
  type DatabaseModuleOptions,
} from './database.module.js';
export { Disk, DISK_REASONS, UnwatchedDisk, type DiskState } from './disk/disk.js';
export { makeDurableDirectory } from './disk/durable-directory.js';
export type { DiskRefusal } from './disk/system-refusal.js';
export { refusalOf } from './disk/refusal.js';
export { WatchedDisk, type DiskOptions, type DiskTools } from './disk/watched-disk.js';
export type { Migration } from './migration.js';
export { FileLock } from './sqlite/file-lock.js';
export { isBeingReplaced } from './sqlite/replacement.js';
export { restoreCopy, type RestoreOutcome, type RestoreRequest } from './sqlite/restore-copy.js';
export { SqliteCopies } from './sqlite/sqlite-copies.js';
export { SqliteDatabase, type SqliteOptions } from './sqlite/sqlite-database.js';
export { WriteBatch, type CommitOutcome, type Step, type Value, type WritePurpose } from './write-batch.js';
