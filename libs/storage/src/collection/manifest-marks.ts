import { WriteBatch, type Database } from '@herald/database';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import type { CollectionRun } from './collection-run.js';
import { RowMarks } from './row-marks.js';
import { noteSighting } from './sighting.js';
import type { Sightings } from './sightings.js';

/** Manifests that are looked at in one slice. */
const PAGE = 250;

/** Manifests whose neighbours are looked up in one slice. */
const SPREAD_AT_ONCE = 25;

/** Neighbours of one kind that are read at once: an image may have a hundred thousand signatures. */
const NEIGHBOURS = 500;

const CHILDREN = `
  SELECT c.id, f.digest AS place FROM manifests m
  CROSS JOIN manifest_references f ON f.repository = m.repository AND f.manifest = m.digest
  CROSS JOIN manifests c ON c.repository = f.repository AND c.digest = f.digest
  WHERE m.id = ? AND f.digest > ? ORDER BY f.digest LIMIT ${NEIGHBOURS}`;
const SUBJECT = `
  SELECT s.id, s.digest AS place FROM manifests m
  CROSS JOIN manifests s ON s.repository = m.repository AND s.digest = m.subject
  WHERE m.id = ? AND s.digest > ? LIMIT ${NEIGHBOURS}`;
const REFERRERS = `
  SELECT r.id, r.digest AS place FROM manifests m
  CROSS JOIN manifests r ON r.repository = m.repository AND r.subject = m.digest
  WHERE m.id = ? AND r.digest > ? ORDER BY r.digest LIMIT ${NEIGHBOURS}`;

interface Candidate {
  readonly [column: string]: number | string | null;
  readonly id: number;
  readonly digest: string;
  readonly seen_ms: number | null;
  readonly tagged: number;
}

/** A repository by its row. */
export interface RepositoryRow {
  readonly id: number;
  readonly name: RepositoryName;
}

/**
 * Which manifests are kept: those with a tag, those that were seen lately, and from there children of indexes, subjects and referrers,
 * in turn. What is not marked is only a candidate: it is decided again in the batch that removes it.
 */
export class ManifestMarks {
  readonly #kept = new RowMarks();

  constructor(
    private readonly database: Database,
    private readonly sightings: Sightings,
    private readonly run: CollectionRun,
  ) {}

  isKept(row: number): boolean {
    return this.#kept.has(row);
  }

  async mark(repository: RepositoryRow, seenByMs: number): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) {
      const from: string = last;
      const rows = await this.run.slice(() => this.#page(repository, from));
      await this.keep(rows.filter((row) => isRoot(row, seenByMs)).map(({ id }) => id));
      last = rows.length < PAGE ? undefined : rows.at(-1)?.digest;
    }
  }

  /** Marks manifests, and everything that is kept with them. */
  async keep(rows: readonly number[]): Promise<void> {
    const waiting = rows.filter((row) => this.#kept.add(row));
    while (waiting.length > 0) {
      const now = waiting.splice(-SPREAD_AT_ONCE);
      await this.run.slice(async () => {
        for (const row of now) await this.#spread(row, waiting);
      });
    }
  }

  async #spread(row: number, waiting: number[]): Promise<void> {
    for (const sql of [CHILDREN, SUBJECT, REFERRERS]) {
      let place: string | undefined = '';
      while (place !== undefined) {
        const found: readonly { id: number; place: string }[] = await this.database.read(sql, [row, place]);
        for (const { id } of found) if (this.#kept.add(id)) waiting.push(id);
        place = found.length < NEIGHBOURS ? undefined : found.at(-1)?.place;
      }
    }
  }

  async #page({ id, name }: RepositoryRow, last: string): Promise<readonly Candidate[]> {
    const rows = await this.database.read<Candidate>(
      `SELECT m.id, m.digest, s.seen_ms,
         EXISTS (SELECT 1 FROM tags t WHERE t.repository = m.repository AND t.digest = m.digest) AS tagged
       FROM manifests m LEFT JOIN manifest_sightings s ON s.repository = m.repository AND s.digest = m.digest
       WHERE m.repository = ? AND m.digest > ? ORDER BY m.digest LIMIT ${PAGE}`,
      [id, last],
    );
    await this.#noteUnknown(
      name,
      rows.filter(({ seen_ms }) => seen_ms === null),
    );
    return rows;
  }

  /** Of what nobody knows when it was seen, the time counts from now. */
  async #noteUnknown(repository: RepositoryName, rows: readonly Candidate[]): Promise<void> {
    if (this.run.dryRun || rows.length === 0) return;
    const batch = new WriteBatch('retention');
    for (const { digest } of rows) {
      const content = { kind: 'manifest', repository, digest: digest as Digest } as const;
      noteSighting(batch, content, this.sightings.now());
    }
    await this.database.commit(batch);
  }
}

function isRoot({ tagged, seen_ms }: Candidate, seenByMs: number): boolean {
  return tagged === 1 || seen_ms === null || seen_ms > seenByMs;
}
