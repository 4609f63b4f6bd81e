import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Finding } from './finding.js';
import type { Journal } from './journal.js';

/** Looks into the data directory of a registry that was stopped: nothing half done is in it. */
export function checkDataDirectory(data: string, database: DatabaseSync, journal: Journal): Finding[] {
  return [
    ...checkDatabase(database),
    ...checkBlobFiles(join(data, 'docker/registry/v2/blobs/sha256'), database),
    ...checkUploads(data, journal),
  ];
}

/** Rows that are about a blob, and the column that names it. */
const DEPENDENTS = [
  ['repository_blobs', 'digest'],
  ['inline_contents', 'digest'],
  ['blob_aliases', 'blob'],
] as const;

function checkDatabase(database: DatabaseSync): Finding[] {
  const integrity = column(database, 'PRAGMA integrity_check');
  const findings: Finding[] = [];
  if (integrity.join() !== 'ok') findings.push({ kind: 'corrupt', what: integrity.join('; ') });
  const moving = column(database, "SELECT state || ' ' || digest FROM blobs WHERE state <> 'present'");
  findings.push(...moving.map((what): Finding => ({ kind: 'leftover', what: `a blob's row says ${what}` })));
  for (const table of ['lane_exceptions', 'lane_backlog', 'dead_letters']) {
    const [rows] = column(database, `SELECT count(*) FROM ${table}`);
    if (rows !== '0') findings.push({ kind: 'undelivered', what: `${table} has ${rows} rows` });
  }
  for (const [table, digest] of DEPENDENTS) {
    const dangling = column(
      database,
      `SELECT ${digest} FROM ${table} WHERE ${digest} NOT IN (SELECT digest FROM blobs)`,
    );
    findings.push(
      ...dangling.map((what): Finding => ({ kind: 'leftover', what: `${table} has ${what}, which is gone` })),
    );
  }
  const miscounted = column(
    database,
    'SELECT name FROM endpoints WHERE wanted <> delivered OR deferred <> 0',
  );
  findings.push(
    ...miscounted.map((name): Finding => ({
      kind: 'corrupt',
      what: `endpoint ${name} counts events that are not there`,
    })),
  );
  return findings;
}

const FILES_OF_BLOBS = 'SELECT digest FROM blobs WHERE digest NOT IN (SELECT digest FROM inline_contents)';

function fileOf(digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(hex.slice(0, 2), hex, 'data');
}

/** A blob that is no row has a file, and a file has its blob's row. */
function checkBlobFiles(root: string, database: DatabaseSync): Finding[] {
  const files = new Set(filesBelow(root));
  const wanted = new Set(column(database, FILES_OF_BLOBS).map(fileOf));
  const stray = [...files].filter((file) => !wanted.has(file));
  const missing = [...wanted].filter((file) => !files.has(file));
  return [
    ...stray.map((file): Finding => ({ kind: 'leftover', what: `no row knows of the file ${file}` })),
    ...missing.map((file): Finding => ({ kind: 'unreadable', what: `the file ${file} is missing` })),
  ];
}

/** Upload files whose session no client was ever told of: the registry was killed before it could answer. */
export function unheardUploads(data: string, { sessions }: Journal): readonly string[] {
  return uploadIds(data).filter((id) => !sessions.has(id));
}

/** An upload's file is there for a session that goes on, or for one whose client never heard of it. */
function checkUploads(data: string, journal: Journal): Finding[] {
  const ended = uploadIds(data).filter((id) => journal.sessions.get(id) === 'ended');
  const findings: Finding[] = ended.map((id) => ({
    kind: 'leftover',
    what: `upload ${id} has ended, and its file is there`,
  }));
  const unheard = unheardUploads(data, journal);
  if (unheard.length > journal.unansweredSessions) {
    const what = `${unheard.length} uploads are known to nobody, and ${journal.unansweredSessions} could be`;
    findings.push({ kind: 'leftover', what });
  }
  return findings;
}

function uploadIds(data: string): string[] {
  return filesBelow(join(data, 'herald/uploads')).map((file) => file.slice(0, file.indexOf('.')));
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

function column(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]));
}
