import type { AddressOptions, BacklogOptions, EndpointOptions } from '@herald/notifications';
import type {
  CollectionPolicy,
  CollectionScheduleOptions,
  ReferencePolicy,
  UploadPurgeOptions,
} from '@herald/storage';

import type { AdminAddress } from './values/admin-address.js';
import type { ListenAddress } from './values/listen-address.js';

/** The configuration as the program uses it: checked, complete, frozen. Times in ms, sizes in bytes. */
export interface RegistryConfig {
  /** The file it came from; undefined when there was none and the defaults for trying Herald out hold. */
  readonly source: string | undefined;
  readonly log: LogSettings;
  readonly storage: StorageSettings;
  readonly gc: CollectionScheduleOptions;
  readonly catalog: { readonly maxEntries: number };
  readonly tags: { readonly maxTags: number };
  readonly database: DatabaseSettings;
  readonly http: HttpSettings;
  readonly admin: AdminSettings;
  readonly notifications: NotificationsSettings;
  /** What was accepted and does nothing, for people to read. */
  readonly warnings: readonly ConfigWarning[];
}

export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly formatter: 'text' | 'json' | 'logstash';
  /** Carried by every line. */
  readonly fields: Readonly<Record<string, string>>;
  readonly accessLog: boolean;
}

export interface StorageSettings {
  readonly rootDirectory: string;
  /** With less free than this nothing new is taken. */
  readonly minFreeBytes: number;
  readonly deleteEnabled: boolean;
  /** Blobs up to this size are rows of the database. */
  readonly inlineBytes: number;
  /** Nothing may be pushed, mounted or deleted. */
  readonly readOnly: boolean;
  readonly references: ReferencePolicy;
  readonly collection: CollectionPolicy;
  readonly uploadPurge: UploadPurgeOptions;
}

export interface DatabaseSettings {
  readonly path: string;
  /** Written ahead, and given up when the disk is full. */
  readonly reserveBytes: number;
}

export interface HttpSettings {
  readonly listen: ListenAddress;
  /** Scheme and host of the registry's public address, without a slash at the end. */
  readonly host: string | undefined;
  readonly relativeUrls: boolean;
  /** Empty, or a path that begins with a slash and ends without one. */
  readonly prefix: string;
  readonly secret: string | undefined;
  readonly drainTimeoutMs: number;
  /** Added to answers. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** In CIDR notation. */
  readonly trustedProxies: readonly string[];
  readonly debug: DebugSettings | undefined;
}

export interface AdminSettings {
  readonly address: AdminAddress;
  /** What administrators prove themselves by on a network address; on a socket its file's mode does. */
  readonly token: string | undefined;
}

export interface DebugSettings {
  readonly listen: ListenAddress;
  readonly prometheus: { readonly enabled: boolean; readonly path: string };
}

export interface NotificationsSettings {
  readonly includeReferences: boolean;
  readonly compatibility: 'herald' | 'distribution';
  /** Of the event log; 0 sets no limit. */
  readonly retention: {
    readonly ageMs: number;
    readonly sizeBytes: number;
    readonly deadLetterAgeMs: number;
  };
  /** How much may wait for each endpoint. */
  readonly backlog: BacklogOptions;
  /** Where every endpoint may be reached at. */
  readonly addresses: AddressOptions;
  readonly endpoints: readonly EndpointOptions[];
}

/** Something that does not stop the start and that the operator should know. */
export interface ConfigWarning {
  /** Path in the file, or the variable's name when it names no path. */
  readonly path: string;
  readonly line?: number;
  readonly variable?: string;
  readonly message: string;
}
