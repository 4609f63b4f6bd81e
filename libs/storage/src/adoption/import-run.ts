import { WriteBatch, type Database } from '@herald/database';
import { commitChange } from '../metadata/commit-change.js';
import { createRepository } from '../metadata/rows.js';
import type { Digest } from '../repository/digest.js';
import type { RepositoryName } from '../repository/repository-name.js';
import { advanceImport, type ImportCounts, type ImportPhase, type ImportRecord } from './import-record.js';
import { addUnreadableLink } from './unreadable-links.js';
import type { Fault } from './volume-files.js';
import type { Finding } from './volume-walk.js';

/** A batch is committed when this many bytes of manifests wait in it, or its chunk of findings is through. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/**
 * What an import has taken over and not yet committed. The cursor goes into the same batch, so that a kill at any instant leaves
 * exactly what the cursor says.
 */
export class ImportRun {
  #record: ImportRecord;
  #counts: { -readonly [K in keyof ImportCounts]: ImportCounts[K] };
  #batch = new WriteBatch();
  #bytes = 0;
  readonly #repositories = new Set<RepositoryName>();
  readonly #manifests = new Set<string>();

  constructor(
    private readonly database: Database,
    record: ImportRecord,
    private readonly onProgress: (record: ImportRecord) => void,
  ) {
    this.#record = record;
    this.#counts = { ...record.counts };
  }

  get record(): ImportRecord {
    return this.#record;
  }

  /** The rows of the next commit. */
  get batch(): WriteBatch {
    return this.#batch;
  }

  count(what: keyof ImportCounts, by = 1): void {
    this.#counts[what] += by;
  }

  /** Makes sure that the repository's row is there when the batch needs it. */
  repository(name: RepositoryName): void {
    if (this.#repositories.has(name)) return;
    createRepository(this.#batch, name);
    this.#repositories.add(name);
  }

  /** Tells that a manifest is in the batch, where nobody can read it yet. */
  holds(repository: RepositoryName, digest: Digest, sizeBytes: number): void {
    this.#manifests.add(`${repository}@${digest}`);
    this.#bytes += sizeBytes;
  }

  isHolding(repository: RepositoryName, digest: Digest): boolean {
    return this.#manifests.has(`${repository}@${digest}`);
  }

  /** Remembers what a link says, so that it is new only when it says something else. */
  know(path: string, digest: Digest): void {
    this.#batch.run(
      'INSERT INTO known_links (path, digest) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET digest = excluded.digest',
      [path, digest],
    );
  }

  /** Notes what cannot be taken over; that something is absent is nothing to note. */
  refuse(path: string, fault: Fault): void {
    if (fault.is === 'absent') return;
    this.count('unreadable');
    addUnreadableLink(this.#batch, { path, kind: fault.kind, reason: fault.reason }, this.#record.id);
  }

  /** Notes a finding that is nothing to take over. */
  note(finding: Extract<Finding, { is: 'unreadable' | 'ignored' }>): void {
    if (finding.is === 'ignored') this.count(finding.what === 'upload' ? 'uploads' : 'leftovers');
    else this.refuse(finding.path, { ...finding, is: 'fault' });
  }

  /** A path is through. Commits when much is waiting. */
  async done(path: string): Promise<void> {
    this.#record = { ...this.#record, cursor: path };
    if (this.#bytes >= MAX_BATCH_BYTES) await this.commit();
  }

  async enter(phase: ImportPhase): Promise<void> {
    this.#record = { ...this.#record, phase, cursor: '' };
    await this.commit();
  }

  /** Makes durable what was taken over so far. */
  async commit(): Promise<void> {
    this.#record = { ...this.#record, counts: { ...this.#counts } };
    const batch = this.#batch;
    advanceImport(batch, this.#record);
    await commitChange(this.database, async () => batch);
    this.#batch = new WriteBatch();
    this.#bytes = 0;
    this.#repositories.clear();
    this.#manifests.clear();
    this.onProgress(this.#record);
  }
}
