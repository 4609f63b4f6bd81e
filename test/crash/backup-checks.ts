import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { factOf } from './fact.js';
import type { Finding } from './finding.js';
import type { Journal } from './journal.js';
import { eventsOf, type LogEvent } from './log-checks.js';
import type { BackupAsked } from './operator-record.js';
import { toldState } from './told-state.js';

/** Whether a backup has come to its end: it has its names only then. */
export function isMade({ directory }: BackupAsked): boolean {
  return existsSync(join(directory, 'herald.db'));
}

/**
 * A backup that was made while clients worked, perhaps shortly before a crash: it is the registry as it was at one moment. Its log is the
 * beginning of the log, with everything that was acknowledged before it was asked for; what it holds is what its log tells; and each file
 * that it needs is on its list.
 */
export function checkBackup(backup: BackupAsked, log: readonly LogEvent[], journal: Journal): Finding[] {
  const database = new DatabaseSync(join(backup.directory, 'herald.db'), { readOnly: true });
  try {
    const copied = eventsOf(database);
    const found = [
      ...checkIntegrity(database),
      ...checkBeginning(copied, log),
      ...checkAcknowledged(copied, backup, journal),
      ...compareWithEvents(database, copied),
      ...checkList(database, backup.directory),
    ];
    return found.map(({ kind, what }) => ({ kind, what: `${backup.directory}: ${what}` }));
  } finally {
    database.close();
  }
}

function checkIntegrity(database: DatabaseSync): Finding[] {
  const [answer] = words(database, 'PRAGMA integrity_check');
  return answer === 'ok' ? [] : [{ kind: 'corrupt', what: answer ?? 'it has no integrity' }];
}

function checkBeginning(copied: readonly LogEvent[], log: readonly LogEvent[]): Finding[] {
  const other = copied.findIndex((event, index) => !isDeepStrictEqual(event, log[index]));
  return other === -1 ? [] : [{ kind: 'corrupt', what: `event ${other} of its log is not that of the log` }];
}

function checkAcknowledged(
  copied: readonly LogEvent[],
  { askedAt }: BackupAsked,
  journal: Journal,
): Finding[] {
  const told = new Set<unknown>();
  for (const { event } of copied) {
    const entry = journal.entryOf(event.request.useragent);
    told.add(entry?.session ?? entry?.number);
  }
  return journal.entries
    .filter(({ fact, told: outcome }) => fact && fact.action !== 'pull' && outcome === 'acknowledged')
    .filter(({ toldAt, session, number }) => toldAt < askedAt && !told.has(session ?? number))
    .map(({ number }) => ({ kind: 'lost', what: `request ${number} was acknowledged before it was made` }));
}

const CONTENTS = `
  SELECT r.name || ' blob ' || b.digest FROM repository_blobs b JOIN repositories r ON r.id = b.repository
  UNION ALL SELECT r.name || ' manifest ' || m.digest FROM manifests m JOIN repositories r ON r.id = m.repository
  UNION ALL SELECT r.name || ' tag ' || t.name || ' ' || t.digest FROM tags t JOIN repositories r ON r.id = t.repository`;

/** Nothing is torn: rows and events of one change are both there, or neither. */
function compareWithEvents(database: DatabaseSync, copied: readonly LogEvent[]): Finding[] {
  const told = new Set<string>();
  for (const [name, { contents, tags }] of toldState(copied.map(({ event }) => factOf(event))).repositories) {
    for (const content of contents) told.add(`${name} ${content}`);
    for (const [tag, digest] of tags) told.add(`${name} tag ${tag} ${digest}`);
  }
  const held = new Set(words(database, CONTENTS));
  return [
    ...[...held]
      .filter((each) => !told.has(each))
      .map((what): Finding => ({ kind: 'lost', what: `it has ${what}, and no event` })),
    ...[...told]
      .filter((each) => !held.has(each))
      .map((what): Finding => ({ kind: 'phantom', what: `it does not have ${what}` })),
  ];
}

const FILES = `SELECT digest FROM blobs WHERE state = 'present'
  AND digest NOT IN (SELECT digest FROM inline_contents)`;

/** A crash between the two names leaves the list without its own, although it is whole. */
function checkList(database: DatabaseSync, directory: string): Finding[] {
  const path = join(directory, 'blobs.tsv');
  const list = readFileSync(existsSync(path) ? path : `${path}.partial`, 'utf8');
  const listed = new Set(list.split('\n').map((line) => line.split('\t')[0]));
  const missing = words(database, FILES).filter((digest) => !listed.has(digest));
  return missing.map((digest) => ({ kind: 'unreadable', what: `${digest} is not on its list` }));
}

function words(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]));
}
