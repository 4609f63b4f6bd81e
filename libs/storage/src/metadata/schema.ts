import type { Migration } from '@herald/database';
import { ADOPTION_SCHEMA } from '../adoption/adoption-schema.js';
import { COLLECTION_SCHEMA } from '../collection/collection-schema.js';

/**
 * Version 1.
 *
 * - `blobs` names every content there is, once. Its state says who may touch the file of that name: `arriving` somebody is putting it
 *   into place, `present` it is whole and durable, `leaving` collection is removing it. Small contents have no file: they lie in
 *   `inline_contents`.
 * - `blob_aliases` gives a blob's further names: its file, and every row that is about its bytes, goes by sha256.
 * - `finished_uploads` remembers for some minutes what a session became, so that a client whose answer was lost may ask again.
 * - `repository_blobs` says in which repositories a blob may be seen. It is the only access path: a content that was not pushed or
 *   mounted here is not here (CVE-2024-39897).
 * - `manifests` holds the exact bytes per repository. The same bytes may be an OCI manifest here and a Docker manifest there.
 *   What lists of referrers tell is kept beside the bytes, so that nobody reads a thousand documents to write one list.
 * - References between contents have no foreign keys: sparse indexes and subjects may dangle.
 */
const VERSION_1 = `
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE blobs (
  digest TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('arriving', 'present', 'leaving'))
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_in_motion ON blobs (state) WHERE state <> 'present';

CREATE TABLE blob_aliases (
  digest TEXT PRIMARY KEY,
  blob TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_aliases_by_blob ON blob_aliases (blob);

CREATE TABLE finished_uploads (
  key TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  finished_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX finished_uploads_by_time ON finished_uploads (finished_ms);

CREATE TABLE inline_contents (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE repository_blobs (
  repository INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);

CREATE TABLE manifests (
  id INTEGER PRIMARY KEY,
  repository INTEGER NOT NULL,
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  subject TEXT,
  artifact_type TEXT,
  annotations TEXT,
  bytes BLOB NOT NULL,
  UNIQUE (repository, digest)
) STRICT;
CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;

CREATE TABLE manifest_references (
  repository INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (repository, manifest, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_references_by_digest ON manifest_references (repository, digest);

CREATE TABLE tags (
  repository INTEGER NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (repository, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_digest ON tags (repository, digest);
`;

/** Until when garbage collection removes nothing, by the name of whoever asked for that. */
const COLLECTION_HOLDS = `
CREATE TABLE collection_holds (
  name TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The tables of libs/storage, in every version they had. */
export const storageMigrations: readonly Migration[] = [
  { library: 'storage', version: 1, sql: VERSION_1 },
  { library: 'storage', version: 2, sql: ADOPTION_SCHEMA },
  { library: 'storage', version: 3, sql: COLLECTION_HOLDS },
  { library: 'storage', version: 4, sql: COLLECTION_SCHEMA },
];
