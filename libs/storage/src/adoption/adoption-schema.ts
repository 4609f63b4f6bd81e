/**
 * What is remembered of a volume that another registry wrote. Paths are relative to `docker/registry/v2`.
 *
 * - `imports` has a row per import. One without `finished_ms` was interrupted: its phase and cursor say where it goes on.
 * - `known_links` are the links as Herald last read or wrote them. A link that still says so has nothing new to tell: what was moved
 *   or deleted since stays so. A link whose row is gone is one that an export removes.
 * - `unreadable_links` is what could not be understood or has no target. While there is one, nobody knows what it may have kept alive.
 */
export const ADOPTION_SCHEMA = `
CREATE TABLE imports (
  id INTEGER PRIMARY KEY,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER,
  verified INTEGER NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('blobs', 'links')),
  cursor TEXT NOT NULL,
  counts TEXT NOT NULL
) STRICT;

CREATE TABLE known_links (
  path TEXT PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable_links (
  path TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  import INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unreadable_links_by_import ON unreadable_links (import);
`;
