import { join } from 'node:path';

import { compileBacklog } from './compile-backlog.js';
import { compileEndpoint } from './compile-endpoint.js';
import { compileAddresses } from './compile-trust.js';
import { compileValidation } from './compile-validation.js';
import type {
  ConfigWarning,
  DebugSettings,
  HttpSettings,
  RegistryConfig,
  StorageSettings,
} from './registry-config.js';
import type { DebugConfig, HttpConfig } from './sections/http.config.js';
import type { RegistryFile } from './sections/registry-file.config.js';
import { fitsSocket, parseAdminAddress, type AdminAddress } from './values/admin-address.js';
import { parseAddressRange } from './values/address-range.js';
import { parseByteSize } from './values/byte-size.js';
import { durationMs } from './values/duration.js';
import { parseBaseUrl, parsePathPrefix } from './values/http-url.js';
import { type ListenAddress, parseListenAddress } from './values/listen-address.js';

/** Turns a file that has been found good into what the program uses, once. The result and all in it is frozen. */
export function compileConfig(
  file: RegistryFile,
  source: string | undefined,
  warnings: readonly ConfigWarning[],
): RegistryConfig {
  const { log, notifications } = file;
  return deepFreeze({
    source,
    log: {
      level: log.level,
      formatter: log.formatter,
      fields: { ...log.fields },
      accessLog: !log.accesslog.disabled,
    },
    storage: compileStorage(file),
    gc: {
      enabled: file.gc.enabled && !file.storage.maintenance.readonly.enabled,
      intervalMs: durationMs(file.gc.interval),
    },
    catalog: { maxEntries: file.catalog.maxentries },
    tags: { maxTags: file.tags.maxtags },
    database: {
      path: databasePath(file),
      reserveBytes: checked(parseByteSize(file.database.reserve)),
    },
    http: compileHttp(file.http),
    admin: { address: compileAdminAddress(file), token: file.admin.token },
    notifications: {
      includeReferences: notifications.events.includereferences,
      compatibility: notifications.compatibility,
      addresses: compileAddresses(notifications.addresses),
      retention: {
        ageMs: durationMs(notifications.retention.age),
        sizeBytes: checked(parseByteSize(notifications.retention.size)),
        deadLetterAgeMs: durationMs(notifications.retention.deadletters),
      },
      backlog: compileBacklog(notifications.backlog),
      endpoints: notifications.endpoints.map((endpoint) => compileEndpoint(endpoint, file)),
    },
    warnings: [...warnings],
  });
}

function compileStorage({ storage, validation, gc }: RegistryFile): StorageSettings {
  const { uploadpurging, readonly } = storage.maintenance;
  return {
    rootDirectory: storage.filesystem.rootdirectory,
    minFreeBytes: checked(parseByteSize(storage.filesystem.minfree)),
    deleteEnabled: storage.delete.enabled,
    inlineBytes: checked(parseByteSize(storage.inline)),
    readOnly: readonly.enabled,
    references: compileValidation(validation),
    collection: {
      graceMs: durationMs(gc.grace),
      untagged: gc.untagged === 'keep' ? 'keep' : durationMs(gc.untagged),
    },
    uploadPurge: {
      enabled: uploadpurging.enabled && !readonly.enabled,
      ageMs: durationMs(uploadpurging.age),
      intervalMs: durationMs(uploadpurging.interval),
      dryRun: uploadpurging.dryrun,
    },
  };
}

/** Where the database lies: beside the blobs unless the file says otherwise. */
export function databasePath({ database, storage }: RegistryFile): string {
  return database.path ?? join(storage.filesystem.rootdirectory, 'herald', 'herald.db');
}

/** A socket beside the database, unless its path would be longer than a socket's may be. */
function compileAdminAddress({ admin, storage }: RegistryFile): AdminAddress {
  if (admin.addr !== undefined) return checked(parseAdminAddress(admin.addr));
  const path = join(storage.filesystem.rootdirectory, 'herald', 'admin.sock');
  return fitsSocket(path) ? { kind: 'unix', path } : { kind: 'off' };
}

function compileHttp(http: HttpConfig): HttpSettings {
  return {
    listen: compileAddress(http.addr),
    host: http.host === undefined ? undefined : parseBaseUrl(http.host),
    relativeUrls: http.relativeurls,
    prefix: checked(parsePathPrefix(http.prefix)),
    secret: http.secret,
    drainTimeoutMs: durationMs(http.draintimeout),
    headers: structuredClone(http.headers),
    trustedProxies: http.trustedproxies.map((range) => checked(parseAddressRange(range))),
    debug: http.debug && compileDebug(http.debug),
  };
}

function compileDebug({ addr, prometheus }: DebugConfig): DebugSettings | undefined {
  return addr === undefined
    ? undefined
    : { listen: compileAddress(addr), prometheus: { enabled: prometheus.enabled, path: prometheus.path } };
}

function compileAddress(text: string): ListenAddress {
  return checked(parseListenAddress(text));
}

/** What validation has let through is there; anything else is a fault of this program and not of the file. */
function checked<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new Error('a setting passed validation and cannot be compiled');
  }
  return value;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) {
      deepFreeze(child as object);
    }
  }
  return Object.freeze(value);
}
