/**
 * What garbage collection has to know.
 *
 * - `seen_ms` is when somebody was last told that a content is in a repository. Where it is missing nobody knows, and collection counts
 *   from the moment when it first meets the row. For manifests it lies in a table of its own: it changes far more often than they do.
 * - `collection_state` is one row. `sightings` is `open` while a process notes sightings behind its answers: found so at the start, the
 *   last ones were lost, and everything counts as seen at `floor_ms`.
 */
export const COLLECTION_SCHEMA = `
ALTER TABLE repository_blobs ADD COLUMN seen_ms INTEGER;

CREATE TABLE manifest_sightings (
  repository INTEGER NOT NULL,
  digest TEXT NOT NULL,
  seen_ms INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE collection_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sightings TEXT NOT NULL CHECK (sightings IN ('open', 'closed')),
  floor_ms INTEGER NOT NULL,
  finished_ms INTEGER
) STRICT;
INSERT INTO collection_state (id, sightings, floor_ms) VALUES (1, 'closed', 0);
`;
