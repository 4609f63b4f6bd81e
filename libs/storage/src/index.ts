export { AdoptionError, type AdoptionErrorCode } from './adoption/adoption.error.js';
export type { ExportConflict, ExportCounts } from './adoption/export-run.js';
export { exportVolume, type ExportOptions } from './adoption/export-volume.js';
export {
  importState,
  KNOWN_TO_DATABASE,
  refuseUnfinishedImport,
  type ImportCounts,
  type ImportRecord,
  type ImportState,
} from './adoption/import-record.js';
export { importVolume, type ImportOptions } from './adoption/import-volume.js';
export {
  countUnreadableLinks,
  listUnreadableLinks,
  type UnreadableKind,
  type UnreadableLink,
} from './adoption/unreadable-links.js';
export type { Stray, VerifyCounts, VerifyFault, VerifyOptions } from './adoption/verify-run.js';
export { verifyVolume } from './adoption/verify-volume.js';
export type { CollectionReport, Removal } from './collection/collection-report.js';
export { CollectionRefused } from './collection/collection-run.js';
export { CollectionSchedule, type CollectionScheduleOptions } from './collection/collection-schedule.js';
export {
  GarbageCollector,
  type CollectionPolicy,
  type CollectionRequest,
  type CollectionStatus,
  type CollectionTotals,
} from './collection/garbage-collector.js';
export { StorageDriver } from './drivers/storage-driver.js';
export { StorageClock } from './maintenance/storage-clock.js';
export type { UploadPurgeOptions } from './maintenance/upload-purge.js';
export {
  isNonDistributable,
  type ReferencePolicy,
  type RequiredPlatform,
} from './manifests/reference-policy.js';
export { storageMigrations } from './metadata/schema.js';
export {
  alone,
  type Alongside,
  type BlobDeleted,
  type BlobMounted,
  type BlobPushed,
  type Change,
  type ManifestDeleted,
  type ManifestPushed,
  type RepositoryDeleted,
  type TagDeleted,
  type TagMove,
} from './repository/change.js';
export {
  BLOB_MEDIA_TYPE,
  type Descriptor,
  type Manifest,
  type ReferenceDescriptor,
} from './repository/descriptor.js';
export {
  digestAlgorithm,
  digestHex,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from './repository/digest.js';
export { BlobInventory, type BlobFile } from './blobs/blob-inventory.js';
export { CollectionHolds } from './maintenance/collection-holds.js';
export { RepositoryCatalog } from './repository/repository-catalog.js';
export { isRepositoryName, parseRepositoryName, type RepositoryName } from './repository/repository-name.js';
export {
  RepositoryService,
  StoredRepositoryService,
  type BlobContent,
  type BlobService,
  type BlobStore,
  type ByteRange,
  type ByteSource,
  type Chunk,
  type ManifestPush,
  type ManifestService,
  type ManifestStore,
  type Page,
  type PageRequest,
  type ReferrersRequest,
  type Repository,
  type StoredRepository,
  type TagService,
  type TagStore,
  type UploadService,
  type UploadStatus,
  type UploadStore,
} from './repository/repository.js';
export type { Served } from './repository/served.js';
export { StorageError, type StorageErrorCode } from './repository/storage.error.js';
export { parseReference, parseTag, type Reference, type Tag } from './repository/tag.js';
export { StorageModule, type StorageAsyncOptions, type StorageOptions } from './storage.module.js';
