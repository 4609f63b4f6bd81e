import { byteSize, count, duration, flag, oneOf, text } from '../schema/kinds.js';
import { Key, Refused, Section } from '../schema/section-schema.js';
import { isZeroDuration } from '../values/duration.js';

/** The largest blob that may be kept as a row: what a manifest may weigh, too. */
const LARGEST_INLINE_BYTES = 4 * 1024 * 1024;

/** More than anybody needs: acknowledgements and deletions are small, and the log's room is used again. */
const LARGEST_RESERVE_BYTES = 1024 * 1024 * 1024;

/** A time of nothing would remove uploads that are going on, or never rest. */
const ZERO_IS_DEFAULT = { isUnset: isZeroDuration };

const OTHER_DRIVER =
  'Herald stores blobs in the filesystem alone so far, and would begin an empty registry elsewhere; choose storage.filesystem';

export class FilesystemConfig {
  @Key(text('the path of a directory'))
  rootdirectory = '/var/lib/registry';

  /** Herald's own: with less free than this nothing is taken that could endanger the log. */
  @Key(byteSize(Number.MAX_SAFE_INTEGER))
  minfree: string | number = '64MiB';

  @Key(count(0), {
    noEffect: 'Herald has no such limit: file operations share the threads that Node runs them on',
  })
  maxthreads?: number;
}

export class DeleteConfig {
  @Key(flag())
  enabled = false;
}

export class CacheConfig {
  @Key(oneOf(['inmemory', 'redis']))
  blobdescriptor?: string;

  @Key(count(0))
  blobdescriptorsize?: number;

  @Key(oneOf(['inmemory', 'redis']))
  layerinfo?: string;
}

export class RedirectConfig {
  @Key(flag())
  disable?: boolean;
}

export class TagConfig {
  @Key(count(0))
  concurrencylimit?: number;
}

/** How long an upload may lie still, and how often that is looked at. */
export class UploadPurgingConfig {
  @Key(flag())
  enabled = true;

  @Key(duration(), ZERO_IS_DEFAULT)
  age = '168h';

  @Key(duration(), ZERO_IS_DEFAULT)
  interval = '24h';

  @Key(flag())
  dryrun = false;
}

export class ReadonlyConfig {
  @Key(flag())
  enabled = false;
}

export class MaintenanceConfig {
  @Section(() => UploadPurgingConfig)
  uploadpurging = new UploadPurgingConfig();

  @Section(() => ReadonlyConfig)
  readonly = new ReadonlyConfig();
}

/** `storage`: where blobs lie. Exactly one driver. */
export class StorageConfig {
  @Section(() => FilesystemConfig, { presenceCounts: true })
  filesystem = new FilesystemConfig();

  /** Herald's own: blobs up to this size are rows of the database and have no file. */
  @Key(byteSize(LARGEST_INLINE_BYTES))
  inline: string | number = '16KiB';

  @Section(() => DeleteConfig)
  delete = new DeleteConfig();

  @Section(() => MaintenanceConfig)
  maintenance = new MaintenanceConfig();

  @Section(() => CacheConfig, {
    noEffect: 'Herald reads descriptors from its database, which needs no cache in front of it',
  })
  cache?: CacheConfig;

  @Section(() => RedirectConfig, { noEffect: 'Herald always serves blobs itself and redirects nowhere' })
  redirect?: RedirectConfig;

  @Section(() => TagConfig, { noEffect: 'tags are found by an index, so there is no search to limit' })
  tag?: TagConfig;

  @Refused('what is pushed would be gone after a restart; choose storage.filesystem', {
    presenceCounts: true,
  })
  inmemory?: unknown;

  @Refused(OTHER_DRIVER, { presenceCounts: true })
  s3?: unknown;

  @Refused(OTHER_DRIVER, { presenceCounts: true })
  azure?: unknown;

  @Refused(OTHER_DRIVER, { presenceCounts: true })
  gcs?: unknown;

  @Refused(OTHER_DRIVER, { presenceCounts: true })
  swift?: unknown;

  @Refused(OTHER_DRIVER, { presenceCounts: true })
  oss?: unknown;
}

/** Names under `storage` that choose a driver. */
export const STORAGE_DRIVERS: readonly string[] = [
  'filesystem',
  'inmemory',
  's3',
  'azure',
  'gcs',
  'swift',
  'oss',
];

/** `database`, Herald's own: where repositories, manifests, tags and events lie. */
export class DatabaseConfig {
  /** Beside the blobs when absent. */
  @Key(text('the path of a file'))
  path?: string;

  /** Written ahead beside the database, and given up when the disk is full. */
  @Key(byteSize(LARGEST_RESERVE_BYTES))
  reserve: string | number = '8MiB';
}
