import type { Database } from '@herald/database';
import { DatabaseBlobStore } from './blobs/database-blob-store.js';
import type { Sightings } from './collection/sightings.js';
import type { StorageDriver } from './drivers/storage-driver.js';
import { DatabaseManifestStore } from './manifests/database-manifest-store.js';
import { deleteRepository } from './metadata/delete-repository.js';
import { type ReferencePolicy } from './manifests/reference-policy.js';
import type { RepositoryName } from './repository/repository-name.js';
import { StoredRepositoryService, type StoredRepository, type UploadStore } from './repository/repository.js';
import { DatabaseTagStore } from './tags/database-tag-store.js';
import type { UploadSessions } from './uploads/upload-sessions.js';

/** The repositories of this storage: metadata in the database, bytes of blobs in the driver's files. */
export class StoredRepositories extends StoredRepositoryService {
  constructor(
    private readonly database: Database,
    private readonly driver: StorageDriver,
    private readonly sessions: UploadSessions,
    private readonly references: ReferencePolicy,
    private readonly sightings: Sightings,
  ) {
    super();
  }

  override repository(name: RepositoryName): StoredRepository {
    return {
      name,
      manifests: new DatabaseManifestStore(this.database, name, this.references, this.sightings),
      tags: new DatabaseTagStore(this.database, name, this.sightings),
      blobs: new DatabaseBlobStore(this.database, this.driver, name, this.sightings),
      uploads: this.#uploads(name),
      delete: (alongside) => deleteRepository(this.database, name, alongside),
    };
  }

  #uploads(name: RepositoryName): UploadStore {
    const sessions = this.sessions;
    return {
      start: (algorithm) => sessions.start(name, algorithm),
      status: (id) => sessions.status(name, id),
      append: (id, source, at) => sessions.append(name, id, source, at),
      commit: (id, digest, alongside) => sessions.commit(name, id, digest, alongside),
      close: (id, digest, last, alongside) => sessions.commit(name, id, digest, alongside, last),
      push: (digest, source, alongside) => sessions.push(name, digest, source, alongside),
      cancel: (id) => sessions.cancel(name, id),
    };
  }
}
