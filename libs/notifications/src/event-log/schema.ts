import type { Migration } from '@herald/database';

/** Version of what a record of the log is: readers of a copied log refuse one that they do not know. */
const RECORD_FORMAT = 1;

const UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
  substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

/**
 * The log, and how far each endpoint has come in it.
 *
 * - `events` are never changed. AUTOINCREMENT, so that a number is never used again, whatever retention removes. The writer gives
 *   the number when it commits: the order of the numbers is the order of the commits.
 * - `endpoints.cursor`: every event up to it was judged by the endpoint's filter, and is delivered, dead, not wanted, or in
 *   `lane_backlog`. `number` counts the events that the endpoint wants up to the cursor, so that the next one gets `number + 1`.
 *   `judged` and `wanted` say the same of the place up to which events were merely counted, which may be ahead.
 * - `lane_backlog` holds the events that the cursor has passed and that are still to be delivered, each with the endpoint's number
 *   of it; `lane_exceptions` one row for each lane that has any: the first of them, what was tried with it, and when it is due.
 * - `dead_letters`: an event, or a range of them, that an endpoint did not take.
 */
const FIRST = `
CREATE TABLE log (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  record_format INTEGER NOT NULL
) STRICT;

INSERT INTO log (id, uuid, record_format) VALUES (1, ${UUID}, ${RECORD_FORMAT});

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  lane TEXT NOT NULL,
  type TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  data TEXT NOT NULL,
  detail TEXT
) STRICT;

CREATE UNIQUE INDEX events_by_id ON events (id);
CREATE INDEX events_by_lane ON events (lane, sequence);

CREATE TABLE endpoints (
  name TEXT PRIMARY KEY,
  selection TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
  not_before_ms INTEGER NOT NULL DEFAULT 0,
  detached_at_ms INTEGER,
  cursor INTEGER NOT NULL,
  number INTEGER NOT NULL DEFAULT 0,
  deferred INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  judged INTEGER NOT NULL,
  wanted INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE lane_exceptions (
  endpoint TEXT NOT NULL,
  lane TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  refusals INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  PRIMARY KEY (endpoint, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE lane_backlog (
  endpoint TEXT NOT NULL,
  lane TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (endpoint, lane, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint TEXT NOT NULL,
  lane TEXT,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  count INTEGER NOT NULL,
  event_id TEXT,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  last_status INTEGER,
  last_answer TEXT,
  at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX dead_letters_by_endpoint ON dead_letters (endpoint, id);
`;

/**
 * - `paused_at_ms`: since then an operator has nothing sent to the endpoint; its backlog is kept.
 * - `failing_ms`: how long it has taken nothing although it was tried, in time in which the program ran and it was not paused.
 * - `dead_letters.redrive`: the letter is to be sent again, by the job of that name.
 */
const SECOND = `
ALTER TABLE endpoints ADD COLUMN paused_at_ms INTEGER;
ALTER TABLE endpoints ADD COLUMN failing_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN redrive TEXT;
CREATE INDEX dead_letters_to_redrive ON dead_letters (endpoint, id) WHERE redrive IS NOT NULL;
`;

/** `copied`: this database is a copy that was made as a backup, and nobody has started from it yet. */
const THIRD = 'ALTER TABLE log ADD COLUMN copied INTEGER NOT NULL DEFAULT 0';

/**
 * - `endpoints.number_bytes`, `wanted_bytes`: bytes of the events that `number` and `wanted` count, so that the size of a backlog is
 *   arithmetic. What older versions counted is taken to be of the size of the latest events.
 * - `overflowed_at_ms`: since then the backlog's bound has the endpoint stopped: what it has not got is a dead letter of the reason
 *   `overflow`, up to `cursor`, and what comes after it will be part of that. Rows of `lane_backlog` that are left then belong to that letter.
 */
const FOURTH = `
ALTER TABLE endpoints ADD COLUMN overflowed_at_ms INTEGER;
ALTER TABLE endpoints ADD COLUMN number_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN wanted_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE endpoints SET number_bytes = number * mean, wanted_bytes = wanted * mean
FROM (SELECT CAST(coalesce(avg(size_bytes), 0) AS INTEGER) AS mean
      FROM (SELECT size_bytes FROM events ORDER BY sequence DESC LIMIT 1000));

CREATE INDEX dead_letters_overflowed ON dead_letters (endpoint, id) WHERE reason = 'overflow';
`;

/** `lane_exceptions.failing_ms`: how long the first event of the lane has failed alone, in running, unpaused time. */
const FIFTH = 'ALTER TABLE lane_exceptions ADD COLUMN failing_ms INTEGER NOT NULL DEFAULT 0';

/** Which endpoint has an event among its dead letters, and which range one falls into. */
const DEAD_LETTERS_BY_EVENT = `
CREATE INDEX dead_letters_by_event ON dead_letters (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX dead_letters_of_ranges ON dead_letters (first_sequence) WHERE event_id IS NULL;
`;

/**
 * - `replay_jobs`: what is sent again, by a reader with a cursor of its own. `dead_letters.redrive` names the job that has the letter.
 * - `dead_letters.listed_up_to`: of a range up to there, only the events are in it that `dead_letter_events` lists for it; others had
 *   been delivered. Behind it, all that the endpoint wants.
 */
const REPLAY = `
CREATE TABLE replay_jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  endpoint TEXT NOT NULL,
  selection TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
  failure TEXT,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  gone INTEGER NOT NULL DEFAULT 0,
  events INTEGER,
  rate_events INTEGER,
  rate_per_ms INTEGER,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT;

CREATE INDEX replay_jobs_to_do ON replay_jobs (endpoint, number) WHERE state IN ('waiting', 'running');

ALTER TABLE dead_letters ADD COLUMN listed_up_to INTEGER NOT NULL DEFAULT 0;
UPDATE dead_letters SET redrive = NULL;
DROP INDEX dead_letters_to_redrive;
CREATE INDEX dead_letters_of_replay ON dead_letters (redrive, first_sequence) WHERE redrive IS NOT NULL;

CREATE TABLE dead_letter_events (
  letter INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (letter, sequence)
) STRICT, WITHOUT ROWID;
`;

/**
 * `disabled_at_ms`: since then an operator has nothing kept for the endpoint: what it had not got is a dead letter of the reason
 * `disabled`, and it wants nothing that came later.
 */
const DISABLED = `
ALTER TABLE endpoints ADD COLUMN disabled_at_ms INTEGER;
DROP INDEX dead_letters_overflowed;
CREATE INDEX dead_letters_cut_off ON dead_letters (endpoint, id) WHERE reason IN ('overflow', 'disabled');
`;

/** The tables of this library; the database module applies them at the start. */
export const notificationsMigrations: readonly Migration[] = [
  { library: 'notifications', version: 1, sql: FIRST },
  { library: 'notifications', version: 2, sql: SECOND },
  { library: 'notifications', version: 3, sql: THIRD },
  { library: 'notifications', version: 4, sql: FOURTH },
  { library: 'notifications', version: 5, sql: FIFTH },
  { library: 'notifications', version: 6, sql: DEAD_LETTERS_BY_EVENT },
  { library: 'notifications', version: 7, sql: REPLAY },
  { library: 'notifications', version: 8, sql: DISABLED },
];
